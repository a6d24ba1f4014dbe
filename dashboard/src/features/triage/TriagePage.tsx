import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getCounts } from "@/shared/api/endpoints";
import { keys } from "@/shared/api/keys";
import type { Group } from "@/shared/api/types";
import { FilterBar } from "@/shared/filter/FilterBar";
import { filterSearch } from "@/shared/filter/filter";
import { useFilter } from "@/shared/filter/use-filter";
import { ValueMenu } from "@/shared/filter/ValueMenu";
import { count } from "@/shared/format/numbers";
import { useShortcuts } from "@/shared/shortcuts/shortcuts";
import { Tabs } from "@/shared/ui/Tabs";
import { useMedia } from "@/shared/ui/use-media";
import { Facets } from "./Facets";
import { FACETS } from "./facets";
import { GroupsList } from "./GroupsList";
import { NewSince } from "./NewSince";
import { ThreatsList } from "./ThreatsList";
import { TimelinePanel } from "./TimelinePanel";
import { TimeSelect } from "./TimeSelect";
import styles from "./TriagePage.module.css";

const VIEWS = [
  { id: "groups", words: "Groups" },
  { id: "threats", words: "Threats" },
] as const;

/** Find what matters among what is open, and act on it. */
export default function TriagePage() {
  const [filter, setFilter, held_view] = useFilter();
  const view = held_view === "threats" ? "threats" : "groups";
  const narrow = useMedia("(max-width: 1000px)");
  const queries = useQueryClient();
  const counts = useQuery({
    queryKey: keys.counts(filter),
    queryFn: ({ signal }) => getCounts(filter, [...FACETS], signal),
  });
  const refresh = () => void queries.invalidateQueries({ queryKey: keys.threats });
  useShortcuts("Triage", [
    { keys: "r", does: "Read again", run: refresh },
    { keys: "v", does: "Groups or threats", run: () => setFilter(filter, view === "groups" ? "threats" : null) },
  ]);
  const openGroup = (group: Group) =>
    setFilter({ ...filter, threat_class: [group.threat_class], entity: [group.entity] }, "threats");
  const facets = <Facets filter={filter} onChange={setFilter} />;
  return (
    <ValueMenu filter={filter} onChange={setFilter} className={styles.page}>
      <h1 className="visually-hidden">Triage</h1>
      <FilterBar filter={filter} onChange={setFilter}>
        <TimeSelect filter={filter} onChange={setFilter} />
      </FilterBar>
      <TimelinePanel filter={filter} onChange={setFilter} />
      <div className={styles.parts}>
        {narrow ? (
          <details className={styles.refine}>
            <summary>Refine</summary>
            {facets}
          </details>
        ) : (
          <aside aria-label="Refine" className={styles.facets}>
            {facets}
          </aside>
        )}
        <section aria-label="What matches" className={styles.list}>
          <div className={styles.bar}>
            <Tabs
              label="View"
              tabs={VIEWS}
              chosen={view}
              onChoose={(id) => setFilter(filter, id === "groups" ? null : id)}
            />
            <p role="status">{counts.data && `${count(counts.data.total)} match`}</p>
            <NewSince read_at_ms={counts.dataUpdatedAt} onRefresh={refresh} />
          </div>
          {view === "groups" ? (
            <GroupsList key={filterSearch(filter)} filter={filter} onOpen={openGroup} />
          ) : (
            <ThreatsList key={filterSearch(filter)} filter={filter} total={counts.data?.total} />
          )}
        </section>
      </div>
    </ValueMenu>
  );
}
