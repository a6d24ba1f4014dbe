import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useLocation } from "wouter";
import { getLinks } from "@/shared/api/endpoints";
import { keys } from "@/shared/api/keys";
import { sceneOf } from "@/shared/map/scene";
import { TalkMap } from "@/shared/map/TalkMap";
import { entityPath } from "@/shared/routes";
import { Empty, Failed, Loading } from "@/shared/ui/States";
import { Panel } from "@/shared/ui/Panel";
import styles from "./LinksPanel.module.css";

const MOST_ROWS = 12;

/** Against whom the entity acted, with who else acted against them left out. */
export function LinksPanel({ entity }: { entity: string }) {
  const [, navigate] = useLocation();
  const filter = useMemo(() => ({ entity: [entity] }), [entity]);
  const { data, error, refetch } = useQuery({
    queryKey: keys.links(filter),
    queryFn: ({ signal }) => getLinks(filter, signal),
  });
  const rows = Math.min(MOST_ROWS, Math.max(1, data?.links.length ?? 1));
  const scene = useMemo(() => {
    const links = (data?.links ?? []).map((link) => ({ ...link, last_time: 0 }));
    return sceneOf(links, rows, { source: [], target: [] }, 0)[0];
  }, [data, rows]);
  const body = () => {
    if (error && !data) return <Failed error={error} what="the map" onRetry={() => void refetch()} />;
    if (!data) return <Loading what="the map" />;
    if (data.links.length === 0) return <Empty title="Nobody." />;
    return <TalkMap scene={scene} rows={rows} onPick={(node) => navigate(entityPath(node.id))} />;
  };
  return (
    <Panel
      title="Against whom"
      aside={data && data.links.length > MOST_ROWS ? `${MOST_ROWS} of ${data.links.length}` : null}
    >
      <div className={styles.body}>{body()}</div>
    </Panel>
  );
}
