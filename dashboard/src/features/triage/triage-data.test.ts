import { expect, it } from "vitest";
import { facetValues } from "./facets";
import { spread } from "./spread";

it("puts buckets on an even axis and keeps every threat", () => {
  const { bars, total, first_s } = spread(
    {
      bucket_s: 60,
      complete: true,
      items: [
        { time: 600, counts: { high: 2 } },
        { time: 780, counts: { low: 1, critical: 1 } },
      ],
    },
    120,
  );
  expect([bars.length, total, first_s]).toEqual([4, 4, 600]);
  expect(bars[3]).toEqual([1, 0, 0, 1, 0]);
  expect(spread({ bucket_s: 60, complete: true, items: [] }, 120).total).toBe(0);
});

it("offers the most frequent values, and those that the filter names even when none is left", () => {
  const counts = { total: 3, complete: true, by: { dst_port: { "22": 1, "445": 2 } } };
  expect(facetValues("dst_port", counts, { dst_port: ["!80"] })).toEqual([
    { value: "80", count: 0, state: "out" },
    { value: "445", count: 2, state: "free" },
    { value: "22", count: 1, state: "free" },
  ]);
});
