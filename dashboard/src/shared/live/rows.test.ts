import { describe, expect, it } from "vitest";
import { item } from "@/shared/test-items";
import { ROW_LIMIT, Rows } from "./rows";

describe("rows", () => {
  it("are bounded, the oldest go, and the others keep their numbers", () => {
    const rows = new Rows();
    const most = ROW_LIMIT + 5000;
    for (let first = 0; first < most; first += 1000)
      rows.add(Array.from({ length: 1000 }, (_, at) => item(first + at)));
    expect(rows.end).toBe(most);
    expect(rows.end - rows.base).toBeLessThanOrEqual(ROW_LIMIT + 4096);
    expect(rows.base).toBeGreaterThan(0);
    expect(rows.at(rows.base - 1)).toBeUndefined();
    expect(rows.at(most - 1)?.key).toBe(`id-${most - 1}`);
    expect(rows.has("id-0")).toBe(false);
  });
});
