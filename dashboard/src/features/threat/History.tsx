import type { Change } from "@/shared/api/types";
import { Time } from "@/shared/ui/Time";
import styles from "./History.module.css";
import { changeWords } from "./change-words";

/** What was done to the threat, the latest first; nothing of it is ever overwritten. */
export function History({ changes, scored_time }: { changes: readonly Change[]; scored_time: number }) {
  return (
    <ol className={styles.history}>
      {changes.toReversed().map((change) => (
        <li key={change.change_id}>
          <p>
            <strong>{change.actor}</strong> {changeWords(change)}
          </p>
          {change.reason && change.action === "close" && <p className={styles.said}>{change.reason}</p>}
          {change.note && <p className={styles.said}>{change.note}</p>}
          <p className={styles.time}>
            <Time at={change.time} />
          </p>
        </li>
      ))}
      <li>
        <p>Scored by the pipeline</p>
        <p className={styles.time}>
          <Time at={scored_time} />
        </p>
      </li>
    </ol>
  );
}
