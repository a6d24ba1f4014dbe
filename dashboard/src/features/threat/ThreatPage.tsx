import { useQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { getThreat } from "@/shared/api/endpoints";
import { keys } from "@/shared/api/keys";
import { ApiError } from "@/shared/api/problem";
import { filterSearch } from "@/shared/filter/filter";
import { ValueMenu } from "@/shared/filter/ValueMenu";
import { TRIAGE } from "@/shared/routes";
import { ThreatList } from "@/shared/threats/ThreatList";
import { Copy } from "@/shared/ui/Copy";
import { Empty, Failed, Loading } from "@/shared/ui/States";
import { Panel } from "@/shared/ui/Panel";
import { Attack } from "./Attack";
import { EventPanel } from "./EventPanel";
import { History } from "./History";
import { Scores } from "./Scores";
import { ThreatHeader } from "./ThreatHeader";
import styles from "./ThreatPage.module.css";
import { Why } from "./Why";

/** One threat, whole: what, how bad, why, what others did, and what to do now. */
export default function ThreatPage({ id }: { id: string }) {
  const [, navigate] = useLocation();
  const { data, error, refetch } = useQuery({
    queryKey: keys.threat(id),
    queryFn: ({ signal }) => getThreat(id, signal),
  });
  if (error && !data) {
    if (error instanceof ApiError && error.status === 404) return <Empty title="There is no such threat." />;
    return <Failed error={error} what="the threat" onRetry={() => void refetch()} />;
  }
  if (!data) return <Loading what="the threat" />;
  const { threat, event, history, related } = data;
  return (
    <ValueMenu
      filter={{}}
      onChange={(filter) => navigate(`${TRIAGE}?${filterSearch(filter)}&view=threats`)}
      className={styles.page}
    >
      <ThreatHeader detail={data} />
      <div className={styles.columns}>
        <div className={styles.column}>
          <Panel title="Why this score" aside="observed against usual, and what it did to the risk">
            <Why contributions={threat.contributions} />
          </Panel>
          {threat.basis === "entity_risk" && (
            <Panel title="Evidence" aside="the strongest events of each class">
              <ul className="mono">
                {threat.event_ids.map((event_id) => (
                  <li key={event_id}>
                    {event_id} <Copy value={event_id} what="the event's identifier" />
                  </li>
                ))}
              </ul>
            </Panel>
          )}
          <EventPanel event={event} />
          <Panel title="Related threats of the entity" aside={String(related.length)}>
            {related.length > 0 ? <ThreatList label="Related threats" items={related} /> : <Empty title="No others." />}
          </Panel>
        </div>
        <div className={styles.column}>
          <Panel title="Scores" aside={`${threat.model_name} ${threat.model_version}`}>
            <Scores threat={threat} />
          </Panel>
          {threat.attack && (
            <Panel title="MITRE ATT&CK">
              <Attack attack={threat.attack} />
            </Panel>
          )}
          <Panel title="History">
            <History changes={history} scored_time={threat.scored_time} />
          </Panel>
        </div>
      </div>
    </ValueMenu>
  );
}
