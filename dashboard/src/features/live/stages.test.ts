import { expect, it } from "vitest";
import { stageRows } from "./stages";

it("lists the stages in the order of the pipeline, on one scale", () => {
  const rows = stageRows({
    store: { p50: 5, p95: 10, p99: 11 },
    other: { p50: null, p95: null, p99: null },
    decode: { p50: 1, p95: 2, p99: 3 },
  });
  expect(rows.map((row) => row.stage)).toEqual(["decode", "store", "other"]);
  expect(rows.map((row) => row.p95_share)).toEqual([0.2, 1, 0]);
});
