import type { Timeline } from "@/shared/api/types";
import type { Tick } from "@/shared/charts/bars";
import { SEVERITIES } from "@/shared/domain/severity";
import { clock, day } from "@/shared/format/time";

export interface Spread {
  bars: number[][];
  ticks: Tick[];
  /** Where the first bar begins, seconds since 1970. */
  first_s: number;
  total: number;
}

const DAY_S = 86_400;
const TICKS = 8;

/** Put the buckets that hold something on an even axis; those left out by the API are empty. */
export function spread({ bucket_s, items }: Timeline, most: number): Spread {
  const first_s = Math.min(...items.map((item) => item.time));
  const last_s = Math.max(...items.map((item) => item.time));
  if (items.length === 0 || bucket_s <= 0) return { bars: [], ticks: [], first_s: 0, total: 0 };
  const length = Math.min(most + 1, Math.round((last_s - first_s) / bucket_s) + 1);
  const bars = Array.from({ length }, () => SEVERITIES.map(() => 0));
  let total = 0;
  for (const item of items) {
    const bar = bars[Math.round((item.time - first_s) / bucket_s)];
    SEVERITIES.forEach((severity, rank) => {
      const number = item.counts[severity] ?? 0;
      if (bar) bar[rank] = (bar[rank] ?? 0) + number;
      total += number;
    });
  }
  const step = Math.max(1, Math.ceil(length / TICKS));
  const marks = Array.from({ length: Math.ceil(length / step) }, (_, at) => at * step);
  const ticks = marks.map((bar) => ({ bar, text: tickWords(first_s + bar * bucket_s, bucket_s * length) }));
  return { bars, ticks, first_s, total };
}

function tickWords(time_s: number, whole_s: number): string {
  if (whole_s > 4 * DAY_S) return day(time_s);
  return whole_s > DAY_S / 2
    ? `${day(time_s).slice(5)} ${clock(time_s).slice(0, 5)}`
    : clock(time_s).slice(0, whole_s < 600 ? 8 : 5);
}
