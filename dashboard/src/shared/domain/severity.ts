/** Bands of the risk score, the worst first; the lower bounds are those of `schemas/threat.py`. */
export const SEVERITIES = ["critical", "high", "medium", "low", "informational"] as const;
export type Severity = (typeof SEVERITIES)[number];

export const SEVERITY_FLOOR: Record<Severity, number> = {
  critical: 90,
  high: 70,
  medium: 50,
  low: 25,
  informational: 0,
};

/** How a severity is written where there is little room. */
export const SEVERITY_SHORT: Record<Severity, string> = {
  critical: "Crit",
  high: "High",
  medium: "Med",
  low: "Low",
  informational: "Info",
};

export function severityOf(risk: number): Severity {
  return SEVERITIES.find((severity) => risk >= SEVERITY_FLOOR[severity]) ?? "informational";
}

/** Position in `SEVERITIES`: 0 is the worst. */
export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

export function isSeverity(value: string): value is Severity {
  return (SEVERITIES as readonly string[]).includes(value);
}
