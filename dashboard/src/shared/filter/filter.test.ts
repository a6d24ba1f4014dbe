import { describe, expect, it } from "vitest";
import { exclude, filterSearch, include, invert, parseFilter, remove, termCount } from "./filter";

describe("the filter in the URL", () => {
  it("comes back as it went in", () => {
    const search = "severity=high&severity=critical&entity=%2110.0.0.1&from=5&to=9&min_risk=50&q=ssh&suppressed=all";
    const filter = parseFilter(search);
    expect(parseFilter(filterSearch(filter))).toEqual(filter);
    expect(filter).toEqual({
      severity: ["high", "critical"],
      entity: ["!10.0.0.1"],
      from: 5,
      to: 9,
      min_risk: 50,
      q: "ssh",
      suppressed: "all",
    });
    expect(termCount(filter)).toBe(7);
  });

  it("leaves out what is no filter", () => {
    expect(parseFilter("view=threats&from=x&severity=&severity=!&suppressed=maybe&entity=a&entity=a")).toEqual({
      entity: ["a"],
    });
  });
});

describe("terms", () => {
  it("include and exclude displace each other", () => {
    const shown = include({}, "dst_port", "22");
    expect(exclude(shown, "dst_port", "22")).toEqual({ dst_port: ["!22"] });
    expect(include(exclude(shown, "dst_port", "22"), "dst_port", "22")).toEqual(shown);
    expect(invert(shown, "dst_port", "22")).toEqual({ dst_port: ["!22"] });
    expect(invert({ dst_port: ["!22"] }, "dst_port", "!22")).toEqual(shown);
  });

  it("remove takes the field away with its last term", () => {
    expect(remove({ entity: ["a", "b"], q: "x" }, "entity", "a")).toEqual({ entity: ["b"], q: "x" });
    expect(remove({ entity: ["a"], q: "x" }, "entity", "a")).toEqual({ q: "x" });
  });
});
