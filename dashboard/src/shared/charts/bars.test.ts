import { expect, it } from "vitest";
import { AXIS_PX, barAt, layoutBars } from "./bars";

it("stacks the counts of a bar without gaps, the tallest up to the top", () => {
  const blocks = layoutBars(
    [
      [1, 0, 3],
      [0, 0, 2],
    ],
    { width: 20, height: 46 },
  );
  expect(blocks.map((block) => block.rank)).toEqual([0, 2, 2]);
  const [below, above] = blocks;
  expect(below && below.y + below.height).toBe(46 - AXIS_PX);
  expect(above && above.y + above.height).toBe(below?.y);
  expect(above?.y).toBe(6);
});

it("finds the bar under a point, also at the edges", () => {
  expect([barAt(-5, 100, 10), barAt(0, 100, 10), barAt(55, 100, 10), barAt(100, 100, 10)]).toEqual([0, 0, 5, 9]);
});
