import type { Action, TriageRequest, TriageResult } from "@/shared/api/types";
import type { ThreatFilter } from "@/shared/filter/filter";
import { count } from "@/shared/format/numbers";

/** What an act is done to: threats by name (one of them with the version that was seen), or all that a filter finds. */
export type Target = { threat_ids: string[]; version?: number } | { filter: ThreatFilter; total: number };

/** The API changes so many with one request. */
export const BULK_LIMIT = 10_000;

export interface Details {
  assignee?: string | null;
  verdict?: NonNullable<TriageRequest["verdict"]>;
  reason?: string;
  note?: string;
}

export function targetCount(target: Target): number {
  return "filter" in target ? Math.min(target.total, BULK_LIMIT) : target.threat_ids.length;
}

export function requestOf(action: Action, target: Target, details: Details): TriageRequest {
  const what = "filter" in target ? { filter: target.filter } : target;
  return { action, ...what, ...details };
}

const DONE: Record<Action, string> = {
  acknowledge: "acknowledged",
  assign: "assigned",
  close: "closed",
  reopen: "reopened",
  note: "noted",
};

/** Say what became of an act: nothing that was left out goes untold. */
export function resultWords(action: Action, result: TriageResult): string {
  const parts = [`${threats(result.changed)} ${DONE[action]}`];
  if (result.unchanged > 0) parts.push(`${count(result.unchanged)} were so already`);
  if (result.missing.length > 0) parts.push(`${count(result.missing.length)} are gone`);
  if (result.changed + result.unchanged >= BULK_LIMIT) parts.push("this is the most at once: repeat it for the rest");
  return `${parts.join("; ")}.`;
}

export function threats(number: number): string {
  return `${count(number)} ${number === 1 ? "threat" : "threats"}`;
}
