import type { ThreatItem } from "@/shared/api/types";
import { verdictWords } from "@/shared/domain/words";
import styles from "./StatusMark.module.css";

type Props = Pick<ThreatItem, "status" | "verdict" | "assignee" | "suppressed">;

/** Where a threat stands, in a word, with who works on it. */
export function StatusMark({ status, verdict, assignee, suppressed }: Props) {
  const words =
    status === "new" ? "New" : status === "acknowledged" ? "Acknowledged" : verdictWords(verdict ?? "closed");
  return (
    <span className={styles.status} data-status={status}>
      <span className={styles.words}>{words}</span>
      {assignee && <span className={styles.who}>{assignee}</span>}
      {suppressed && <span className={styles.who}>suppressed</span>}
    </span>
  );
}
