import type { Stats } from "@/shared/api/types";
import { compact, milliseconds, percent } from "@/shared/format/numbers";
import { useLiveState } from "@/shared/live/context";
import { Loading } from "@/shared/ui/States";
import { Panel } from "@/shared/ui/Panel";
import { stageRows } from "./stages";
import styles from "./StagesPanel.module.css";

/** The pipeline at a glance: rates, lag, and how long each stage takes. */
export function StagesPanel() {
  const stats = useLiveState((snapshot) => snapshot.stats);
  return (
    <Panel title="Pipeline" aside={stats && `end to end ${latencyWords(stats)}`}>
      {stats ? <Body stats={stats} /> : <Loading what="the pipeline's state" />}
    </Panel>
  );
}

function Body({ stats }: { stats: Stats }) {
  const up = stats.workers.filter((worker) => worker.up).length;
  return (
    <div className={styles.body}>
      <dl className={styles.facts}>
        <Fact name="Waiting" value={compact(stats.lag.total)} />
        <Fact name="Workers" value={`${up} of ${stats.workers.length}`} />
        <Fact name="Cache hits" value={stats.cache_hit_ratio === null ? "—" : percent(stats.cache_hit_ratio)} />
        <Fact name="Watching" value={compact(stats.live_clients)} />
      </dl>
      <table className={styles.stages}>
        <caption className="visually-hidden">Time in each stage: half of the batches, and 19 of 20</caption>
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col" aria-hidden="true" />
            <th scope="col">p50</th>
            <th scope="col">p95</th>
          </tr>
        </thead>
        <tbody>
          {stageRows(stats.stages_ms).map((row) => (
            <tr key={row.stage}>
              <th scope="row">{row.stage}</th>
              <td aria-hidden="true">
                <span className={styles.track}>
                  <span className={styles.p95} style={{ width: `${100 * row.p95_share}%` }} />
                  <span className={styles.p50} style={{ width: `${100 * row.p50_share}%` }} />
                </span>
              </td>
              <td>{row.p50_ms === null ? "—" : milliseconds(row.p50_ms)}</td>
              <td>{row.p95_ms === null ? "—" : milliseconds(row.p95_ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function latencyWords({ end_to_end_ms: { p50, p95 } }: Stats): string {
  if (p50 === null || p95 === null) return "—";
  return `${milliseconds(p50)}, p95 ${milliseconds(p95)}`;
}
