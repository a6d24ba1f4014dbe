import type { Snapshot } from "./feed";

export interface Trouble {
  tone: "warn" | "bad";
  text: string;
  /** Whether a press on "try now" can help. */
  retry: boolean;
}

/** Intake is behind when what waits would take so long at the present rate. */
const BEHIND_S = 10;
/** Below this many records a rate says nothing. */
const BEHIND_RECORDS = 2000;
const STALE_MS = 5000;

/** What an analyst must know before trusting the list: the connection, the workers, the lag. The worst comes first. */
export function troublesOf(
  { connection, stats, stats_at_ms }: Pick<Snapshot, "connection" | "stats" | "stats_at_ms">,
  now_ms: number,
): Trouble[] {
  if (connection.state === "waiting") {
    const text = "Live connection lost; trying again. What is missed meanwhile is fetched, or shown as a gap.";
    return [{ tone: "bad", text, retry: true }];
  }
  if (connection.state !== "open" || !stats) return [];
  if (now_ms - stats_at_ms > STALE_MS) {
    const silent_s = Math.round((now_ms - stats_at_ms) / 1000);
    return [{ tone: "warn", text: `No news from the service for ${silent_s} s.`, retry: false }];
  }
  const troubles: Trouble[] = [];
  const down = stats.workers.filter((worker) => !worker.up);
  if (down.length > 0) {
    const names = down.map((worker) => worker.address).join(", ");
    troubles.push({
      tone: "bad",
      text: `${down.length} of ${stats.workers.length} workers do not answer: ${names}.`,
      retry: false,
    });
  }
  const behind_s = stats.lag.total / Math.max(stats.events_per_s, 1);
  if (stats.lag.total >= BEHIND_RECORDS && behind_s >= BEHIND_S) {
    const text = `Scoring is behind: ${stats.lag.total.toLocaleString("en-GB")} records wait. What you see is late.`;
    troubles.push({ tone: "warn", text, retry: false });
  }
  return troubles;
}
