import type { Change, ThreatItem } from "@/shared/api/types";

/** A line of the live list: a threat, or the mark of what was not delivered. */
export type Row =
  { kind: "threat"; key: string; item: ThreatItem } | { kind: "gap"; key: string; dropped: number | null };

/** Rows at most; the oldest go. */
export const ROW_LIMIT = 100_000;
/** Rows beyond the limit before the oldest are dropped together, since moving 100,000 of them costs. */
const SLACK = 4096;

/**
 * The rows of the live list, oldest first, with a number for each row that never changes (`base` + index), so that a
 * threat is found again and a frozen view stays the same while new rows arrive.
 */
export class Rows {
  private held: Row[] = [];
  private readonly places = new Map<string, number>();
  private first = 0;
  private gaps = 0;

  /** Number of the oldest row. */
  get base(): number {
    return this.first;
  }

  /** Number after the newest row. */
  get end(): number {
    return this.first + this.held.length;
  }

  at(number: number): Row | undefined {
    return this.held[number - this.first];
  }

  has(threat_id: string): boolean {
    return this.places.has(threat_id);
  }

  /** Add threats, oldest first; one that is there already is left alone. Returns those that are new. */
  add(items: readonly ThreatItem[]): ThreatItem[] {
    const fresh: ThreatItem[] = [];
    for (const item of items) {
      if (this.places.has(item.threat_id)) continue;
      this.places.set(item.threat_id, this.end);
      this.held.push({ kind: "threat", key: item.threat_id, item });
      fresh.push(item);
    }
    this.trim();
    return fresh;
  }

  /** Mark that threats were not delivered; null when it is unknown how many. */
  addGap(dropped: number | null): void {
    this.gaps += 1;
    this.held.push({ kind: "gap", key: `gap-${this.gaps}`, dropped });
  }

  /** Show what analysts did. A row that changed is a new object; the others stay, so that they need not render. */
  apply(changes: readonly Change[]): boolean {
    let changed = false;
    for (const change of changes) {
      const place = this.places.get(change.threat_id);
      const row = place === undefined ? undefined : this.at(place);
      if (place === undefined || row?.kind !== "threat") continue;
      this.held[place - this.first] = { ...row, item: changedItem(row.item, change) };
      changed = true;
    }
    return changed;
  }

  clear(): void {
    this.first = this.end;
    this.held = [];
    this.places.clear();
  }

  private trim(): void {
    if (this.held.length <= ROW_LIMIT + SLACK) return;
    const dropped = this.held.splice(0, this.held.length - ROW_LIMIT);
    this.first += dropped.length;
    for (const row of dropped) if (row.kind === "threat") this.places.delete(row.key);
  }
}

/** A threat after a change. */
export function changedItem(item: ThreatItem, change: Change): ThreatItem {
  return { ...item, status: change.to_status, assignee: change.assignee, verdict: change.verdict };
}
