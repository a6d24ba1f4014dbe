import { useNow } from "@/shared/format/now";
import { useLive, useLiveState } from "@/shared/live/context";
import { troublesOf } from "@/shared/live/health";
import { Button } from "@/shared/ui/Button";
import styles from "./Troubles.module.css";

/** The banner of what makes the view untrustworthy: no connection, workers away, lag. */
export function Troubles() {
  const { socket } = useLive();
  const connection = useLiveState((snapshot) => snapshot.connection);
  const stats = useLiveState((snapshot) => snapshot.stats);
  const stats_at_ms = useLiveState((snapshot) => snapshot.stats_at_ms);
  const now_s = useNow();
  const troubles = troublesOf({ connection, stats, stats_at_ms }, now_s * 1000);
  return (
    <div role="status" className={styles.troubles}>
      {troubles.map((trouble) => (
        <div key={trouble.text} className={styles[trouble.tone]}>
          <p>{trouble.text}</p>
          {trouble.retry && (
            <Button small onClick={() => socket.retryNow()}>
              Try now
            </Button>
          )}
        </div>
      ))}
    </div>
  );
}
