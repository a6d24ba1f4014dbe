/** Words of the product for the names on the wire. A name that we do not know yet is shown, never hidden. */
const CLASSES: Record<string, string> = {
  benign: "Unclassified",
  scan: "Scan",
  brute_force: "Brute force",
  denial_of_service: "Denial of service",
  command_and_control: "Command and control",
  exfiltration: "Exfiltration",
  exploit: "Exploit",
};

export const VERDICTS = {
  true_positive: "True positive",
  benign_positive: "Benign positive",
  false_positive: "False positive",
  undetermined: "Undetermined",
} as const;
export type Verdict = keyof typeof VERDICTS;

export const VERDICT_HELP: Record<Verdict, string> = {
  true_positive: "A real attack",
  benign_positive: "Real, but allowed here",
  false_positive: "Nothing of the kind happened",
  undetermined: "Cannot be told from what is known",
};

export const STATUSES = ["new", "acknowledged", "closed"] as const;

/** `command_and_control` to `Command and control`. */
export function humanise(name: string): string {
  const text = name.replaceAll("_", " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function classWords(name: string): string {
  return CLASSES[name] ?? humanise(name);
}

export function verdictWords(name: string): string {
  return name in VERDICTS ? VERDICTS[name as Verdict] : humanise(name);
}
