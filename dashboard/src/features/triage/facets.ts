import type { Counts } from "@/shared/api/types";
import { SEVERITIES } from "@/shared/domain/severity";
import { STATUSES } from "@/shared/domain/words";
import type { ListField, ThreatFilter } from "@/shared/filter/filter";

export const FACETS = ["severity", "threat_class", "status", "entity", "dst_port"] as const;
const SHOWN = 8;
const ORDERS: Partial<Record<ListField, readonly string[]>> = { severity: SEVERITIES, status: STATUSES };

export interface FacetValue {
  value: string;
  count: number;
  state: "in" | "out" | "free";
}

/** The most frequent values of a dimension (or all in their own order), with those that the filter names. */
export function facetValues(field: ListField, counts: Counts, filter: ThreatFilter): FacetValue[] {
  const found = counts.by[field] ?? {};
  const terms = filter[field] ?? [];
  const named = terms.map((term) => term.replace(/^!/, ""));
  const order = ORDERS[field];
  const frequent = Object.keys(found).sort((one, other) => (found[other] ?? 0) - (found[one] ?? 0));
  const values = order ?? [...new Set([...named, ...frequent])].slice(0, Math.max(SHOWN, named.length));
  return values.map((value) => ({
    value,
    count: found[value] ?? 0,
    state: terms.includes(value) ? "in" : terms.includes(`!${value}`) ? "out" : "free",
  }));
}
