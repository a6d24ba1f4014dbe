import { expect, it } from "vitest";
import { backoffMs } from "./backoff";

it("doubles up to half a minute, and takes up to half off by chance", () => {
  expect([0, 1, 2, 3].map((attempt) => backoffMs(attempt, () => 1))).toEqual([500, 1000, 2000, 4000]);
  expect(backoffMs(1000, () => 1)).toBe(30_000);
  expect(backoffMs(3, () => 0)).toBe(2000);
});
