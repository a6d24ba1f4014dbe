import { useQuery } from "@tanstack/react-query";
import { getCounts } from "@/shared/api/endpoints";
import { keys } from "@/shared/api/keys";
import { exclude, include, remove, type ListField, type ThreatFilter } from "@/shared/filter/filter";
import { fieldWords, valueWords } from "@/shared/filter/words";
import { compact } from "@/shared/format/numbers";
import { Failed, Loading } from "@/shared/ui/States";
import { FACETS, facetValues, type FacetValue } from "./facets";
import styles from "./Facets.module.css";

interface Props {
  filter: ThreatFilter;
  onChange: (filter: ThreatFilter) => void;
}

/** How many there are of each value; a press on one shows only it, the minus hides it. */
export function Facets({ filter, onChange }: Props) {
  const { data, error, refetch } = useQuery({
    queryKey: keys.counts(filter),
    queryFn: ({ signal }) => getCounts(filter, [...FACETS], signal),
    placeholderData: (before) => before,
  });
  if (error && !data) return <Failed error={error} what="the counts" onRetry={() => void refetch()} />;
  if (!data) return <Loading what="the counts" />;
  return (
    <div className={styles.facets}>
      {FACETS.map((field) => (
        <section key={field} aria-label={fieldWords(field)}>
          <h2>{fieldWords(field)}</h2>
          <ul>
            {facetValues(field, data, filter).map((value) => (
              <Facet key={value.value} field={field} value={value} filter={filter} onChange={onChange} />
            ))}
          </ul>
        </section>
      ))}
      {!data.complete && <p className={styles.note}>Counted over the newest threats only.</p>}
    </div>
  );
}

interface FacetProps extends Props {
  field: ListField;
  value: FacetValue;
}

function Facet({ field, value: { value, count, state }, filter, onChange }: FacetProps) {
  const words = valueWords(field, value);
  const free = state === "free";
  return (
    <li className={styles.facet} data-state={state}>
      <button
        type="button"
        aria-pressed={state === "in"}
        onClick={() => onChange(state === "in" ? remove(filter, field, value) : include(filter, field, value))}
      >
        <span className={styles.words}>{words}</span>
        <span className={styles.count}>{compact(count)}</span>
      </button>
      <button
        type="button"
        className={styles.hide}
        aria-pressed={state === "out"}
        aria-label={`Hide ${words}`}
        title={free ? "Hide" : "Hidden"}
        onClick={() => onChange(state === "out" ? remove(filter, field, `!${value}`) : exclude(filter, field, value))}
      >
        −
      </button>
    </li>
  );
}
