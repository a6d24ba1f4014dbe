import { filterSearch, type ThreatFilter } from "@/shared/filter/filter";

/** Names of what is kept of the API's answers; a change of a threat makes all under `threats` stale. */
export const keys = {
  me: ["me"] as const,
  threats: ["threats"] as const,
  list: (filter: ThreatFilter) => ["threats", "list", filterSearch(filter)] as const,
  groups: (filter: ThreatFilter) => ["threats", "groups", filterSearch(filter)] as const,
  counts: (filter: ThreatFilter) => ["threats", "counts", filterSearch(filter)] as const,
  timeline: (filter: ThreatFilter) => ["threats", "timeline", filterSearch(filter)] as const,
  threat: (id: string) => ["threats", "one", id] as const,
  entity: (key: string) => ["threats", "entity", key] as const,
  links: (filter: ThreatFilter) => ["threats", "links", filterSearch(filter)] as const,
  suppressions: ["suppressions"] as const,
};
