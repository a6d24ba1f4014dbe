import { SEVERITIES, severityRank, type Severity } from "@/shared/domain/severity";

/** Threats scored in each of the last seconds, by severity: a ring that costs nothing to keep. */
export const ARRIVALS_S = 600;

export class Arrivals {
  private readonly counts = new Uint32Array(ARRIVALS_S * SEVERITIES.length);
  private latest_s = 0;

  /** Count one; what is older than the ring is let go. */
  add(time_s: number, severity: Severity): void {
    const second = Math.floor(time_s);
    this.advance(second);
    if (second <= this.latest_s - ARRIVALS_S) return;
    const at = (second % ARRIVALS_S) * SEVERITIES.length + severityRank(severity);
    this.counts[at] = (this.counts[at] ?? 0) + 1;
  }

  /** Sum into bars of `bar_s` seconds that end at `now_s`, oldest first; each is a count for each severity. */
  bars(now_s: number, bar_s: number, number: number): number[][] {
    const newest = Math.floor(now_s / bar_s);
    return Array.from({ length: number }, (_, index) => this.sum((newest - number + 1 + index) * bar_s, bar_s));
  }

  private sum(from_s: number, length_s: number): number[] {
    const total = SEVERITIES.map(() => 0);
    for (let second = from_s; second < from_s + length_s; second++) {
      if (second > this.latest_s || second <= this.latest_s - ARRIVALS_S || second < 0) continue;
      const at = (second % ARRIVALS_S) * SEVERITIES.length;
      for (let rank = 0; rank < total.length; rank++) total[rank] = (total[rank] ?? 0) + (this.counts[at + rank] ?? 0);
    }
    return total;
  }

  private advance(second: number): void {
    if (second <= this.latest_s) return;
    const stale = Math.min(second - this.latest_s, ARRIVALS_S);
    for (let step = 1; step <= stale; step++) {
      const at = ((this.latest_s + step) % ARRIVALS_S) * SEVERITIES.length;
      this.counts.fill(0, at, at + SEVERITIES.length);
    }
    if (stale === ARRIVALS_S) this.counts.fill(0);
    this.latest_s = second;
  }
}
