import { describe, expect, it } from "vitest";
import { dirtyRects, linkRect, meets } from "./geometry";
import { assignSlots, sceneOf, type MapScene } from "./scene";

const link = (source: string, target: string, max_risk = 50, last_time = 0) => ({
  source,
  target,
  count: 1,
  max_risk,
  last_time,
});
const scene = (...links: ReturnType<typeof link>[]): MapScene => sceneOf(links, 4, { source: [], target: [] }, 100)[0];

describe("places on the map", () => {
  it("are kept while a name is near the top, and filled by rank", () => {
    expect(assignSlots(["a", null, "b"], ["c", "b", "a"], 3)).toEqual(["a", "c", "b"]);
    expect(assignSlots(["z", "a"], ["a", "b", "c", "d", "z"], 2)).toEqual(["b", "a"]);
  });
});

describe("dirty regions", () => {
  it("are none when nothing changed", () => {
    expect(dirtyRects(scene(link("a", "x")), scene(link("a", "x")), 300)).toEqual([]);
  });

  it("cover a changed link and leave another one alone", () => {
    const before = scene(link("a", "x", 80), link("b", "y", 60));
    const after = scene(link("a", "x", 80), link("b", "y", 60, 99));
    const rects = dirtyRects(before, after, 300);
    const [first, second] = after.links;
    if (!first || !second) throw new Error("two links are shown");
    expect(rects.some((rect) => meets(rect, linkRect(second, 300)))).toBe(true);
    expect(rects.some((rect) => meets(rect, linkRect(first, 300)))).toBe(false);
  });

  it("cover what went, and do not overlap", () => {
    const rects = dirtyRects(scene(link("a", "x"), link("a", "y"), link("b", "x")), scene(), 300);
    expect(rects.length).toBeGreaterThan(0);
    for (const one of rects) for (const other of rects) if (one !== other) expect(meets(one, other)).toBe(false);
  });
});
