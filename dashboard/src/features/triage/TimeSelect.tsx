import { without } from "@/shared/filter/Chips";
import type { ThreatFilter } from "@/shared/filter/filter";
import { inputClass } from "@/shared/ui/Field";
import styles from "./TriagePage.module.css";

const SPANS: readonly (readonly [string, number])[] = [
  ["Last 15 minutes", 900],
  ["Last hour", 3600],
  ["Last 24 hours", 86_400],
  ["Last 7 days", 7 * 86_400],
  ["Last 30 days", 30 * 86_400],
];

interface Props {
  filter: ThreatFilter;
  onChange: (filter: ThreatFilter) => void;
}

/** Time and suppressed threats: what a filter has beside its terms. */
export function TimeSelect({ filter, onChange }: Props) {
  const timed = filter.from !== undefined || filter.to !== undefined;
  return (
    <>
      <select
        className={`${inputClass} ${styles.select ?? ""}`}
        aria-label="Time"
        value={timed ? "chosen" : "all"}
        onChange={(event) => {
          const rest = without(filter, "from", "to");
          const span_s = Number(event.target.value);
          onChange(span_s > 0 ? { ...rest, from: Math.floor(Date.now() / 1000) - span_s } : rest);
        }}
      >
        <option value="all">All time</option>
        {timed && <option value="chosen">Chosen time</option>}
        {SPANS.map(([words, span_s]) => (
          <option key={span_s} value={span_s}>
            {words}
          </option>
        ))}
      </select>
      <select
        className={`${inputClass} ${styles.select ?? ""}`}
        aria-label="Suppressed threats"
        value={filter.suppressed ?? "false"}
        onChange={(event) => {
          const wanted = event.target.value;
          const rest = without(filter, "suppressed");
          onChange(wanted === "true" || wanted === "all" ? { ...rest, suppressed: wanted } : rest);
        }}
      >
        <option value="false">Not suppressed</option>
        <option value="true">Only suppressed</option>
        <option value="all">With suppressed</option>
      </select>
    </>
  );
}
