import { classWords, humanise, verdictWords } from "@/shared/domain/words";
import type { ListField } from "./filter";

const FIELDS: Record<ListField, string> = {
  severity: "Severity",
  threat_class: "Class",
  basis: "Basis",
  entity: "Entity",
  src_ip: "Source",
  dst_ip: "Destination",
  dst_port: "Port",
  sensor: "Sensor",
  status: "Status",
  assignee: "Assignee",
  verdict: "Verdict",
};

export function fieldWords(field: ListField): string {
  return FIELDS[field];
}

/** A value of a field as it is shown. */
export function valueWords(field: ListField, value: string): string {
  if (field === "threat_class") return classWords(value);
  if (field === "verdict") return verdictWords(value);
  return field === "severity" || field === "status" || field === "basis" ? humanise(value) : value;
}
