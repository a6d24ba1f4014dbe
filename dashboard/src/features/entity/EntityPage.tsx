import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { getEntity } from "@/shared/api/endpoints";
import { keys } from "@/shared/api/keys";
import { ApiError } from "@/shared/api/problem";
import { classWords } from "@/shared/domain/words";
import { filterSearch } from "@/shared/filter/filter";
import { ValueMenu } from "@/shared/filter/ValueMenu";
import { count, percent } from "@/shared/format/numbers";
import { TRIAGE } from "@/shared/routes";
import { ThreatList } from "@/shared/threats/ThreatList";
import { Copy } from "@/shared/ui/Copy";
import { Empty, Failed, Loading } from "@/shared/ui/States";
import { Panel } from "@/shared/ui/Panel";
import { Time } from "@/shared/ui/Time";
import styles from "./EntityPage.module.css";
import { LinksPanel } from "./LinksPanel";
import { RiskChart } from "./RiskChart";

/** What is known of one entity: its risk over time, what it did, and to whom. */
export default function EntityPage({ entity }: { entity: string }) {
  const [, navigate] = useLocation();
  const { data, error, refetch } = useQuery({
    queryKey: keys.entity(entity),
    queryFn: ({ signal }) => getEntity(entity, signal),
  });
  if (error && !data) {
    if (error instanceof ApiError && error.status === 404) return <Empty title={`Nothing is known of ${entity}.`} />;
    return <Failed error={error} what="the entity" onRetry={() => void refetch()} />;
  }
  if (!data) return <Loading what="the entity" />;
  const classes = Object.entries(data.by_class).sort(([, one], [, other]) => other - one);
  const classified = classes.reduce((sum, [, number]) => sum + number, 0);
  const more = data.complete ? "" : "+";
  return (
    <ValueMenu
      filter={{}}
      onChange={(filter) => navigate(`${TRIAGE}?${filterSearch(filter)}&view=threats`)}
      className={styles.page}
    >
      <header className={styles.header}>
        <h1 className="mono">
          {data.entity} <Copy value={data.entity} what="the entity" />
        </h1>
        <Link href={`${TRIAGE}?entity=${encodeURIComponent(data.entity)}&view=threats`}>All its threats in triage</Link>
      </header>
      <dl className={styles.facts}>
        <Fact name="Threats" value={count(data.threats) + more} />
        <Fact name="Risk score" value={data.risk_score.toFixed(0)} />
        <Fact name="Events" value={count(data.events) + more} />
        <div>
          <dt>First seen</dt>
          <dd>
            <Time at={data.first_seen} />
          </dd>
        </div>
        <div>
          <dt>Last seen</dt>
          <dd>
            <Time at={data.last_seen} />
          </dd>
        </div>
      </dl>
      <Panel title="Risk over time" aside="the highest of each part">
        {data.risk.length > 0 ? <RiskChart points={data.risk} /> : <Empty title="No threats of this entity." />}
      </Panel>
      <div className={styles.columns}>
        <Panel title="Latest threats">
          {data.recent.length > 0 ? <ThreatList label="Latest threats" items={data.recent} /> : <Empty title="None." />}
        </Panel>
        <div className={styles.column}>
          <Panel title="By class">
            <ul className={styles.classes}>
              {classes.map(([name, number]) => (
                <li key={name}>
                  <span>{classWords(name)}</span>
                  <span className={styles.track} aria-hidden="true">
                    <span style={{ width: percent(number / classified).replace(" ", "") }} />
                  </span>
                  <span>{count(number)}</span>
                </li>
              ))}
            </ul>
          </Panel>
          <LinksPanel entity={data.entity} />
        </div>
      </div>
    </ValueMenu>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
      </dd>
    </div>
  );
}
