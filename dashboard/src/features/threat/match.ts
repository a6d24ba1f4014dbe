import type { Match, Threat } from "@/shared/api/types";

const FIELDS = ["entity", "threat_class", "src_ip", "dst_ip", "dst_port", "sensor"] as const;
export type MatchField = (typeof FIELDS)[number];

/** The past over which a suppression is tried before it is made. */
export const WINDOW_S = 30 * 86_400;

/** What a suppression can be made of: the fields that the threat has, with their values. */
export function offered(threat: Threat): [field: MatchField, value: string][] {
  return FIELDS.flatMap((field): [MatchField, string][] => {
    const value = threat[field];
    return value === null || value === undefined ? [] : [[field, String(value)]];
  });
}

export function matchOf(threat: Threat, fields: readonly MatchField[]): Match {
  return Object.fromEntries(FIELDS.filter((field) => fields.includes(field)).map((field) => [field, threat[field]]));
}
