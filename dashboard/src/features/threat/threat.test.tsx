import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { contribution } from "@/shared/test-items";
import { flatten } from "./flatten";
import { leadOf, reasonsOf } from "./reasons";
import { Why } from "./Why";

describe("why", () => {
  const contributions = [
    contribution("window_ports"),
    contribution("resp_pkts", { observed: null, expected: 1, contribution: -1.25 }),
  ];

  it("names the strongest reason in a sentence", () => {
    expect(leadOf(reasonsOf(contributions))).toBe(
      "Mostly because of “Distinct ports, in the window”: 212, where 3 is usual.",
    );
    expect(leadOf(reasonsOf([contribution("x", { contribution: -1 })]))).toContain("Nothing here raises");
  });

  it("shows observed against usual, and says in words which way it moved the risk", () => {
    render(<Why contributions={contributions} />);
    const [first, second] = screen.getAllByRole("listitem");
    expect(first?.textContent).toContain("212 usual 3");
    expect(first?.textContent).toContain("+2.50raises the risk");
    expect(second?.textContent).toContain("not reported usual 1");
    expect(second?.textContent).toContain("−1.25lowers the risk");
  });
});

it("a nested event becomes dotted paths, plain fields first, without what is missing", () => {
  expect(flatten({ flow: { a: 1, b: null }, kind: "flow", answers: ["x"] })).toEqual([
    ["kind", "flow"],
    ["answers", '["x"]'],
    ["flow.a", "1"],
  ]);
});
