import { useRef, type ReactNode } from "react";
import { SEVERITIES } from "@/shared/domain/severity";
import { useShortcuts } from "@/shared/shortcuts/shortcuts";
import { inputClass } from "@/shared/ui/Field";
import { SeverityMark } from "@/shared/ui/SeverityMark";
import { Chips, without } from "./Chips";
import { include, remove, type ThreatFilter } from "./filter";
import styles from "./FilterBar.module.css";

interface Props {
  filter: ThreatFilter;
  onChange: (filter: ThreatFilter) => void;
  children?: ReactNode;
}

/** Search, severities and the terms chosen so far. */
export function FilterBar({ filter, onChange, children }: Props) {
  const search = useRef<HTMLInputElement>(null);
  useShortcuts("Filter", [{ keys: "/", does: "Search", run: () => search.current?.focus() }]);
  const apply = () => {
    const text = search.current?.value.trim() ?? "";
    if (text !== (filter.q ?? "")) onChange(text ? { ...filter, q: text } : without(filter, "q"));
  };
  const chosen = filter.severity ?? [];
  return (
    <search className={styles.bar}>
      <div className={styles.line}>
        <form
          className={styles.search}
          onSubmit={(event) => {
            event.preventDefault();
            apply();
          }}
        >
          <input
            key={filter.q ?? ""}
            ref={search}
            type="search"
            className={inputClass}
            defaultValue={filter.q}
            onBlur={apply}
            maxLength={256}
            placeholder="Address, port, entity, class, sensor"
            aria-label="Search threats"
            aria-keyshortcuts="/"
          />
        </form>
        <div className={styles.severities} role="group" aria-label="Severity">
          {SEVERITIES.map((severity) => {
            const on = chosen.includes(severity);
            return (
              <button
                key={severity}
                type="button"
                aria-pressed={on}
                onClick={() =>
                  onChange(on ? remove(filter, "severity", severity) : include(filter, "severity", severity))
                }
              >
                <SeverityMark severity={severity} word="short" />
              </button>
            );
          })}
        </div>
        {children}
      </div>
      <Chips filter={filter} onChange={onChange} />
    </search>
  );
}
