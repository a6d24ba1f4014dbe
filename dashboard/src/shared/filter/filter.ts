/** Fields that take a list of values; one that begins with "!" excludes. Names are those of the API's query. */
export const LIST_FIELDS = [
  "severity",
  "threat_class",
  "basis",
  "entity",
  "src_ip",
  "dst_ip",
  "dst_port",
  "sensor",
  "status",
  "assignee",
  "verdict",
] as const;
export type ListField = (typeof LIST_FIELDS)[number];

export type ThreatFilter = Partial<Record<ListField, string[]>> & {
  from?: number;
  to?: number;
  q?: string;
  min_risk?: number;
  suppressed?: "true" | "all";
};

const NUMBERS = ["from", "to", "min_risk"] as const;

/** Read a filter from a URL's query; what does not belong to it is left out. */
export function parseFilter(search: string): ThreatFilter {
  const query = new URLSearchParams(search);
  const filter: ThreatFilter = {};
  for (const field of LIST_FIELDS) {
    const values = [...new Set(query.getAll(field))].filter((value) => value !== "" && value !== "!");
    if (values.length > 0) filter[field] = values;
  }
  for (const field of NUMBERS) {
    const value = query.get(field);
    if (value !== null && value !== "" && Number.isFinite(Number(value))) filter[field] = Number(value);
  }
  const text = query.get("q");
  if (text) filter.q = text;
  const suppressed = query.get("suppressed");
  if (suppressed === "true" || suppressed === "all") filter.suppressed = suppressed;
  return filter;
}

/** Write a filter as a URL's query, always in the same order, without the question mark. */
export function filterSearch(filter: ThreatFilter): string {
  const query = new URLSearchParams();
  for (const field of LIST_FIELDS) for (const value of filter[field] ?? []) query.append(field, value);
  for (const field of NUMBERS) if (filter[field] !== undefined) query.set(field, String(filter[field]));
  if (filter.q) query.set("q", filter.q);
  if (filter.suppressed) query.set("suppressed", filter.suppressed);
  return query.toString();
}

/** Keep only what has this value (beside others of the same field), and exclude it no longer. */
export function include(filter: ThreatFilter, field: ListField, value: string): ThreatFilter {
  return put(filter, field, value, `!${value}`);
}

/** Hide what has this value, and ask for it no longer. */
export function exclude(filter: ThreatFilter, field: ListField, value: string): ThreatFilter {
  return put(filter, field, `!${value}`, value);
}

/** Take a term (with its "!" where it has one) out. */
export function remove(filter: ThreatFilter, field: ListField, term: string): ThreatFilter {
  const rest = (filter[field] ?? []).filter((held) => held !== term);
  if (rest.length > 0) return { ...filter, [field]: rest };
  return Object.fromEntries(Object.entries(filter).filter(([name]) => name !== field));
}

/** Turn a term into its opposite. */
export function invert(filter: ThreatFilter, field: ListField, term: string): ThreatFilter {
  return term.startsWith("!") ? include(filter, field, term.slice(1)) : exclude(filter, field, term);
}

function put(filter: ThreatFilter, field: ListField, term: string, opposite: string): ThreatFilter {
  const rest = (filter[field] ?? []).filter((held) => held !== opposite && held !== term);
  return { ...filter, [field]: [...rest, term] };
}

/** How many terms a filter has. */
export function termCount(filter: ThreatFilter): number {
  const lists = LIST_FIELDS.reduce((sum, field) => sum + (filter[field]?.length ?? 0), 0);
  return lists + NUMBERS.filter((field) => filter[field] !== undefined).length + (filter.q ? 1 : 0);
}
