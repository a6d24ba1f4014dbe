import { severityOf, type Severity } from "@/shared/domain/severity";
import type { TalkLink } from "@/shared/live/links";

/** What the map shows: two columns of who acts and who is acted upon, and curves between them. */
export interface MapNode {
  id: string;
  side: "source" | "target";
  row: number;
  threats: number;
  max_risk: number;
  severity: Severity;
}
export interface MapLink {
  key: string;
  from_row: number;
  to_row: number;
  count: number;
  severity: Severity;
  /** Whether something arrived on it just now. */
  hot: boolean;
}
export interface MapScene {
  nodes: MapNode[];
  links: MapLink[];
}
export interface Slots {
  source: readonly (string | null)[];
  target: readonly (string | null)[];
}

const HOT_S = 4;

/** Choose who is shown and where, and describe it. Who is shown already keeps the place, so that the picture is calm. */
export function sceneOf(links: readonly TalkLink[], rows: number, held: Slots, now_s: number): [MapScene, Slots] {
  const sources = ranked(links, (link) => link.source);
  const source = assignSlots(held.source, [...sources.keys()], rows);
  const shown_sources = new Set(source);
  const targets = ranked(
    links.filter((link) => shown_sources.has(link.source)),
    (link) => link.target,
  );
  const target = assignSlots(held.target, [...targets.keys()], rows);
  const scene = {
    nodes: [...nodesOf("source", source, sources), ...nodesOf("target", target, targets)],
    links: links.flatMap((link) => linkOf(link, source, target, now_s)),
  };
  return [scene, { source, target }];
}

/**
 * Give each of the first `rows` names a place. A name that is among the first twice as many keeps its own; free places
 * go to the best that have none.
 */
export function assignSlots(
  held: readonly (string | null)[],
  names: readonly string[],
  rows: number,
): (string | null)[] {
  const staying = new Set(names.slice(0, 2 * rows));
  const slots = Array.from({ length: rows }, (_, row) => {
    const name = held[row] ?? null;
    return name !== null && staying.has(name) ? name : null;
  });
  const waiting = names.filter((name) => !slots.includes(name));
  return slots.map((name) => name ?? waiting.shift() ?? null);
}

interface Total {
  threats: number;
  max_risk: number;
}

/** Add up by name, the most dangerous first, then the busiest. */
function ranked(links: readonly TalkLink[], nameOf: (link: TalkLink) => string): Map<string, Total> {
  const totals = new Map<string, Total>();
  for (const link of links) {
    const held = totals.get(nameOf(link)) ?? { threats: 0, max_risk: 0 };
    totals.set(nameOf(link), {
      threats: held.threats + link.count,
      max_risk: Math.max(held.max_risk, link.max_risk),
    });
  }
  const order = [...totals].sort(([, one], [, other]) => score(other) - score(one));
  return new Map(order);
}

function score({ threats, max_risk }: Total): number {
  return max_risk + 10 * Math.log10(1 + threats);
}

function nodesOf(side: MapNode["side"], slots: readonly (string | null)[], totals: Map<string, Total>): MapNode[] {
  return slots.flatMap((id, row) => {
    const total = id === null ? undefined : totals.get(id);
    return id === null || !total ? [] : [{ id, side, row, ...total, severity: severityOf(total.max_risk) }];
  });
}

function linkOf(
  link: TalkLink,
  source: readonly (string | null)[],
  target: readonly (string | null)[],
  now_s: number,
): MapLink[] {
  const from_row = source.indexOf(link.source);
  const to_row = target.indexOf(link.target);
  if (from_row < 0 || to_row < 0) return [];
  const key = `${link.source}\n${link.target}`;
  const hot = now_s - link.last_time < HOT_S;
  return [{ key, from_row, to_row, count: link.count, severity: severityOf(link.max_risk), hot }];
}
