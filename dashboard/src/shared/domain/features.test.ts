import { expect, it } from "vitest";
import { featureWords, positions } from "./features";

it("knows what the numbers of a feature are, also of one that is not in the table", () => {
  expect(featureWords("window_ports")).toEqual({ label: "Distinct ports, in the window", kind: "count" });
  expect(featureWords("state_rejected")).toEqual({ label: "Connection state: rejected", kind: "flag" });
  expect(featureWords("byte_balance").kind).toBe("balance");
  expect(featureWords("new_thing_s")).toEqual({ label: "New thing s", kind: "seconds" });
  expect(featureWords("other_peak_rate").kind).toBe("rate");
});

it("places values on one axis in their order, and leaves missing ones out", () => {
  const [seen, usual] = positions("bytes", [13_000_000, 247]);
  expect(seen).toBeGreaterThan(usual ?? 1);
  expect(positions("count", [0, null])).toEqual([0, null]);
  expect(positions("balance", [-1, 1])).toEqual([0, 1]);
});
