import { describe, expect, it } from "vitest";
import type { Stats } from "@/shared/api/types";
import { troublesOf } from "./health";

const stats: Stats = {
  time: 0,
  events_per_s: 100,
  threats_per_s: 1,
  events_total: 1,
  by_class: {},
  by_severity: {},
  end_to_end_ms: { p50: 1, p95: 2, p99: 3 },
  stages_ms: {},
  lag: { total: 0, partitions: {} },
  workers: [{ address: "w:1", up: true }],
  cache_hit_ratio: null,
  live_clients: 1,
};
const open = { state: "open" } as const;
const told = (more: Partial<Stats>) =>
  troublesOf({ connection: open, stats: { ...stats, ...more }, stats_at_ms: 0 }, 1000).map((trouble) => trouble.text);

describe("the banner", () => {
  it("is silent when all is well", () => {
    expect(told({})).toEqual([]);
  });
  it("tells of lag that takes long to work off, not of a short queue", () => {
    expect(told({ lag: { total: 1900, partitions: {} } })).toEqual([]);
    expect(told({ lag: { total: 5000, partitions: {} } })[0]).toContain("5,000 records wait");
    expect(told({ lag: { total: 5000, partitions: {} }, events_per_s: 5000 })).toEqual([]);
  });
  it("names the workers that are away", () => {
    expect(told({ workers: [...stats.workers, { address: "w:2", up: false }] })[0]).toContain("w:2");
  });
  it("tells of a lost connection and of silence", () => {
    const waiting = { state: "waiting", retry_at_ms: 5 } as const;
    expect(troublesOf({ connection: waiting, stats, stats_at_ms: 0 }, 0)[0]?.retry).toBe(true);
    expect(troublesOf({ connection: open, stats, stats_at_ms: 0 }, 9000)[0]?.text).toContain("9 s");
  });
});
