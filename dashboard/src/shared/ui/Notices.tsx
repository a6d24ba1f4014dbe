import { Button } from "./Button";
import { cx } from "./cx";
import { dismiss, useNotices } from "./notice-store";
import styles from "./Notices.module.css";

/** What was done, told and went wrong, in the corner; read out by screen readers. */
export function Notices() {
  const notices = useNotices();
  return (
    <div className={styles.notices} role="status" aria-live="polite">
      {notices.map((notice) => (
        <div key={notice.id} className={cx(styles.notice, styles[notice.tone])}>
          <p>{notice.text}</p>
          <Button tone="quiet" small onClick={() => dismiss(notice.id)} aria-label="Dismiss">
            ✕
          </Button>
        </div>
      ))}
    </div>
  );
}
