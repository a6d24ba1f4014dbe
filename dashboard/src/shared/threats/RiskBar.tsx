import { severityOf } from "@/shared/domain/severity";
import styles from "./RiskBar.module.css";

/** A risk from 0 to 100 as a number with a bar behind it. */
export function RiskBar({ risk }: { risk: number }) {
  return (
    <span className={styles.risk} title={`Risk ${risk.toFixed(1)} of 100`}>
      <span className={styles.number}>{Math.round(risk)}</span>
      <span className={styles.track} aria-hidden="true">
        <span className={styles[severityOf(risk)]} style={{ width: `${risk}%` }} />
      </span>
    </span>
  );
}
