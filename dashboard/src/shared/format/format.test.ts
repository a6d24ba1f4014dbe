import { describe, expect, it } from "vitest";
import { endpoint, shortAddress } from "./address";
import { bytes, compact, featureValue, seconds } from "./numbers";
import { absolute, fromInput, listed, relative, toInput } from "./time";

describe("numbers", () => {
  it.each([
    [0, "0 s"],
    [0.00084, "840 µs"],
    [0.0124, "12.4 ms"],
    [3.2, "3.2 s"],
    [245, "4 min 5 s"],
    [1_728_000, "20 d"],
  ])("%d s is %s", (value, text) => expect(seconds(value)).toBe(text));
  it("steps in thousands", () => {
    expect([compact(999), compact(12_300), bytes(13_400_000), bytes(247)]).toEqual([
      "999",
      "12.3k",
      "13.4 MB",
      "247 B",
    ]);
  });
  it("writes features as what they are", () => {
    expect(featureValue("flag", 1)).toBe("yes");
    expect(featureValue("share", 0.25)).toBe("25 %");
    expect(featureValue("balance", -1)).toBe("100 % in");
    expect(featureValue("bytes", null)).toBe("not reported");
  });
});

describe("times are UTC", () => {
  const noon = Date.UTC(2026, 10, 25, 12, 0, 5) / 1000;
  it("absolute, in lists and in fields", () => {
    expect(absolute(noon)).toBe("2026-11-25 12:00:05");
    expect(listed(noon, noon + 60)).toBe("12:00:05");
    expect(listed(noon, noon + 86_400)).toBe("26-11-25 12:00");
    expect(fromInput(toInput(noon))).toBe(noon);
  });
  it("relative", () => {
    expect(["now", "59 s ago", "1 min ago", "in 2 h"]).toEqual(
      [0, 59, 61, -7300].map((ago) => relative(noon - ago, noon)),
    );
  });
});

describe("addresses", () => {
  it("are shortened in the middle, and bracketed before a port", () => {
    expect(shortAddress("192.168.100.200")).toBe("192.168.100.200");
    expect(shortAddress("2001:db8::1234:5678")).toHaveLength(15);
    expect(endpoint("2001:db8::1", 22)).toBe("[2001:db8::1]:22");
    expect(endpoint("10.0.0.1", null)).toBe("10.0.0.1");
  });
});
