import { useEffect, useRef, useState } from "react";
import { include, type ThreatFilter } from "@/shared/filter/filter";
import { useNow } from "@/shared/format/now";
import { useLive } from "@/shared/live/context";
import { sceneOf, type MapScene, type Slots } from "@/shared/map/scene";
import { TalkMap } from "@/shared/map/TalkMap";
import { Empty } from "@/shared/ui/States";
import { Panel } from "@/shared/ui/Panel";
import styles from "./MapPanel.module.css";

const ROWS = 10;

interface Props {
  filter: ThreatFilter;
  onFilter: (filter: ThreatFilter) => void;
}

/** Who acts against whom in the threats of the list. A press on a name filters by it. */
export function MapPanel({ filter, onFilter }: Props) {
  const { feed } = useLive();
  const now_s = useNow();
  const slots = useRef<Slots>({ source: [], target: [] });
  const [scene, setScene] = useState<MapScene>({ nodes: [], links: [] });
  useEffect(() => {
    const [next, taken] = sceneOf(feed.talk.list(), ROWS, slots.current, now_s);
    slots.current = taken;
    setScene(next);
  }, [feed, now_s]);
  return (
    <Panel title="Who acts against whom" aside="by risk and number">
      <div className={styles.body}>
        {scene.nodes.length === 0 ? (
          <Empty title="Nobody yet." />
        ) : (
          <TalkMap
            scene={scene}
            rows={ROWS}
            onPick={(node) => onFilter(include(filter, node.side === "source" ? "entity" : "dst_ip", node.id))}
          />
        )}
      </div>
    </Panel>
  );
}
