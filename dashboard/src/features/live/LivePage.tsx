import { useState } from "react";
import { FilterBar } from "@/shared/filter/FilterBar";
import { filterSearch } from "@/shared/filter/filter";
import { useFilter } from "@/shared/filter/use-filter";
import { ValueMenu } from "@/shared/filter/ValueMenu";
import { useLiveState } from "@/shared/live/context";
import { Failed, Loading } from "@/shared/ui/States";
import { Tabs } from "@/shared/ui/Tabs";
import { ArrivalsPanel } from "./ArrivalsPanel";
import { LiveList } from "./LiveList";
import styles from "./LivePage.module.css";
import { MapPanel } from "./MapPanel";
import { StagesPanel } from "./StagesPanel";
import { useSeed } from "./use-seed";

const PARTS = [
  { id: "list", words: "Threats" },
  { id: "map", words: "Map" },
  { id: "pipeline", words: "Pipeline" },
] as const;
type Part = (typeof PARTS)[number]["id"];

/** What is happening now. */
export default function LivePage() {
  const [filter, setFilter] = useFilter();
  const [part, setPart] = useState<Part>("list");
  const { error, retry } = useSeed(filter);
  const seeded = useLiveState((snapshot) => snapshot.seeded);
  const length = useLiveState((snapshot) => snapshot.length);
  return (
    <ValueMenu filter={filter} onChange={setFilter} className={styles.page}>
      <h1 className="visually-hidden">Live</h1>
      <FilterBar filter={filter} onChange={setFilter} />
      <Tabs label="Part of the live view" tabs={PARTS} chosen={part} onChoose={setPart} className={styles.tabs} />
      <div className={styles.time} data-part={part}>
        <ArrivalsPanel />
      </div>
      <div className={styles.parts} data-part={part}>
        <section aria-label="Threats" className={styles.list}>
          {error && length === 0 ? (
            <Failed error={error} what="the latest threats" onRetry={retry} />
          ) : seeded || length > 0 ? (
            <LiveList key={filterSearch(filter)} />
          ) : (
            <Loading what="the latest threats" />
          )}
        </section>
        <div className={styles.side}>
          <div className={styles.map}>
            <MapPanel filter={filter} onFilter={setFilter} />
          </div>
          <div className={styles.pipeline}>
            <StagesPanel />
          </div>
        </div>
      </div>
    </ValueMenu>
  );
}
