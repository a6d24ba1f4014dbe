import { humanise } from "./words";

/** What a feature's numbers are, which tells how they are written and on what scale they are drawn. */
export type FeatureKind = "seconds" | "bytes" | "count" | "rate" | "balance" | "share" | "flag" | "level";

export interface FeatureWords {
  label: string;
  kind: FeatureKind;
}

const LABELS: Record<string, string> = {
  duration_s: "Length of the connection",
  orig_bytes: "Payload sent",
  resp_bytes: "Payload received",
  orig_pkts: "Packets sent",
  resp_pkts: "Packets received",
  orig_ip_bytes: "Bytes sent, with headers",
  resp_ip_bytes: "Bytes received, with headers",
  orig_bytes_per_pkt: "Payload per packet sent",
  resp_bytes_per_pkt: "Payload per packet received",
  orig_ip_bytes_per_pkt: "Size of a packet sent",
  resp_ip_bytes_per_pkt: "Size of a packet received",
  pkt_interval_s: "Time between packets",
  byte_balance: "Direction of the bytes",
  pkt_balance: "Direction of the packets",
  dst_group: "Sent to a group of hosts",
  window_connections: "Connections of the entity, in its window",
  window_failed: "Failed connections, in the window",
  window_auth_failures: "Failed sign-ins, in the window",
  window_auth_short: "Short connections to password services",
  window_external_bytes_out: "Bytes sent outside, in the window",
  window_external_bytes_in: "Bytes received from outside, in the window",
  window_destinations: "Distinct destinations, in the window",
  window_ports: "Distinct ports, in the window",
  window_peak_rate: "Peak rate of the entity",
  pair_contacts: "Contacts of this pair",
  pair_interval_s: "Time between contacts of this pair",
  pair_deviation_s: "Irregularity of the contacts",
  destination_peak_rate: "Peak rate at the destination",
  destination_unanswered: "Unanswered share at the destination",
  event_failed: "This connection failed",
  event_auth: "This is a sign-in",
  event_external: "Goes outside",
  event_external_out_ratio: "Outgoing share of this connection",
  alert_severity: "Alert of another detector, 1 is the highest",
};

const KINDS: readonly (readonly [RegExp, FeatureKind])[] = [
  [/^(state|proto|port)_|^dst_group$|^event_(failed|auth|external)$/, "flag"],
  [/_rate$|_per_s$/, "rate"],
  [/_s$/, "seconds"],
  [/bytes/, "bytes"],
  [/balance$/, "balance"],
  [/ratio$|share$|_unanswered$/, "share"],
  [/severity$|level$/, "level"],
];
const PREFIXES: readonly (readonly [RegExp, string])[] = [
  [/^state_/, "Connection state: "],
  [/^proto_/, "Protocol: "],
  [/^port_/, "Port group: "],
];

/** Name a feature in words and say what its numbers are; unknown ones are read from their name's parts. */
export function featureWords(name: string): FeatureWords {
  const kind = name.endsWith("balance") ? "balance" : (KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? "count");
  const prefix = PREFIXES.find(([pattern]) => pattern.test(name));
  const label = prefix ? prefix[1] + name.replace(prefix[0], "").replaceAll("_", " ") : humanise(name);
  return { label: LABELS[name] ?? label, kind };
}

/** Place values on a common axis from 0 to 1: logarithmic from 0 for sizes, linear for what has bounds. */
export function positions(kind: FeatureKind, values: readonly (number | null)[]): (number | null)[] {
  const known = values.filter((value) => value !== null);
  if (kind === "flag" || kind === "share") return values.map((value) => (value === null ? null : clamp(value)));
  if (kind === "balance") return values.map((value) => (value === null ? null : clamp((value + 1) / 2)));
  if (kind === "level") return values.map((value) => (value === null ? null : clamp(value / 4)));
  const scale = Math.log1p(Math.max(...known, 0) / unitOf(kind)) * 1.08 || 1;
  return values.map((value) => (value === null ? null : clamp(Math.log1p(Math.max(value, 0) / unitOf(kind)) / scale)));
}

/** Where the logarithmic axis bends: below it, differences are drawn about linearly. */
function unitOf(kind: FeatureKind): number {
  return kind === "seconds" ? 0.001 : kind === "rate" ? 0.1 : 1;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
