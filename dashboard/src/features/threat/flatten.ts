/** Fields of a nested record as dotted paths and text, sections after the plain fields; what is not there is left out. */
export function flatten(record: Record<string, unknown>, prefix = ""): [path: string, value: string][] {
  const fields = Object.entries(record);
  const inner_last = [
    ...fields.filter(([, value]) => !isRecord(value)),
    ...fields.filter(([, value]) => isRecord(value)),
  ];
  return inner_last.flatMap(([name, value]): [string, string][] => {
    const path = prefix ? `${prefix}.${name}` : name;
    if (value === null || value === undefined) return [];
    if (isRecord(value)) return flatten(value, path);
    return [[path, typeof value === "string" ? value : JSON.stringify(value)]];
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
