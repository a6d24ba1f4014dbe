import { absolute } from "@/shared/format/time";
import { LIST_FIELDS, invert, remove, termCount, type ThreatFilter } from "./filter";
import styles from "./Chips.module.css";
import { fieldWords, valueWords } from "./words";

interface Props {
  filter: ThreatFilter;
  onChange: (filter: ThreatFilter) => void;
}

/** The terms of a filter. A press turns a term into its opposite; the cross takes it out. */
export function Chips({ filter, onChange }: Props) {
  const { from, to, min_risk } = filter;
  if (termCount(filter) === 0) return null;
  return (
    <ul className={styles.chips} aria-label="Filters">
      {LIST_FIELDS.flatMap((field) =>
        (filter[field] ?? []).map((term) => {
          const not = term.startsWith("!");
          const words = `${fieldWords(field)} ${not ? "is not" : "is"} ${valueWords(field, not ? term.slice(1) : term)}`;
          return (
            <Chip
              key={`${field} ${term}`}
              words={words}
              not={not}
              onInvert={() => onChange(invert(filter, field, term))}
              onRemove={() => onChange(remove(filter, field, term))}
            />
          );
        }),
      )}
      {(from !== undefined || to !== undefined) && (
        <Chip words={rangeWords(from, to)} onRemove={() => onChange(without(filter, "from", "to"))} />
      )}
      {min_risk !== undefined && (
        <Chip words={`Risk is ${min_risk} or more`} onRemove={() => onChange(without(filter, "min_risk"))} />
      )}
      {filter.q && <Chip words={`Contains “${filter.q}”`} onRemove={() => onChange(without(filter, "q"))} />}
      <li>
        <button type="button" className={styles.clear} onClick={() => onChange({})}>
          Clear all
        </button>
      </li>
    </ul>
  );
}

interface ChipProps {
  words: string;
  not?: boolean;
  onInvert?: () => void;
  onRemove: () => void;
}

function Chip({ words, not = false, onInvert, onRemove }: ChipProps) {
  return (
    <li className={styles.chip} data-not={not || undefined}>
      {onInvert ? (
        <button type="button" onClick={onInvert} title={not ? "Turn into: is" : "Turn into: is not"}>
          {words}
        </button>
      ) : (
        <span>{words}</span>
      )}
      <button type="button" onClick={onRemove} aria-label={`Remove filter: ${words}`}>
        ✕
      </button>
    </li>
  );
}

function rangeWords(from: number | undefined, to: number | undefined): string {
  if (from !== undefined && to !== undefined) return `${absolute(from)} to ${absolute(to)} UTC`;
  return from === undefined ? `Before ${absolute(to ?? 0)} UTC` : `Since ${absolute(from)} UTC`;
}

export function without(filter: ThreatFilter, ...fields: (keyof ThreatFilter)[]): ThreatFilter {
  return Object.fromEntries(Object.entries(filter).filter(([name]) => !fields.includes(name as keyof ThreatFilter)));
}
