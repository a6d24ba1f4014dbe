import { expect, it } from "vitest";
import { Arrivals } from "./arrivals";

it("counts by second and severity, forgets what is older than the ring, and takes late ones", () => {
  const arrivals = new Arrivals();
  arrivals.add(1000.2, "critical");
  arrivals.add(1001.9, "low");
  arrivals.add(1000.9, "critical"); // late
  expect(arrivals.bars(1004, 5, 1)).toEqual([[2, 0, 0, 1, 0]]);
  arrivals.add(1700, "high");
  expect(arrivals.bars(1004, 5, 1)).toEqual([[0, 0, 0, 0, 0]]);
  arrivals.add(1000, "critical"); // too late
  expect(
    arrivals
      .bars(1700, 5, 140)
      .flat()
      .reduce((sum, count) => sum + count),
  ).toBe(1);
});
