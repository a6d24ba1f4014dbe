import { compact } from "@/shared/format/numbers";
import { useNow } from "@/shared/format/now";
import { clock } from "@/shared/format/time";
import { useLiveState } from "@/shared/live/context";
import { cx } from "@/shared/ui/cx";
import styles from "./Pulse.module.css";

const WORDS = { open: "Live", connecting: "Connecting", waiting: "Offline", stopped: "Offline" };

/** In every view: whether what is shown is live, how much comes in, and the time that all clocks here mean. */
export function Pulse() {
  const state = useLiveState((snapshot) => snapshot.connection.state);
  const stats = useLiveState((snapshot) => snapshot.stats);
  const now_s = useNow();
  return (
    <div className={styles.pulse}>
      <span className={cx(styles.state, styles[state])}>
        <svg viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
          {state === "open" ? (
            <circle cx="4" cy="4" r="4" fill="currentColor" />
          ) : (
            <path d="M0 0h8v8H0z" fill="currentColor" />
          )}
        </svg>
        {WORDS[state]}
      </span>
      {stats && (
        <span className={styles.rates}>
          {compact(stats.events_per_s)} events/s · {compact(stats.threats_per_s)} threats/s
        </span>
      )}
      <span className={styles.clock}>{clock(now_s)} UTC</span>
    </div>
  );
}
