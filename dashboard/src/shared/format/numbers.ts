import type { FeatureKind } from "@/shared/domain/features";

const whole = new Intl.NumberFormat("en-GB");
const BYTES = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
const COUNTS = ["", "k", "M", "G", "T"];

/** 1234567 to `1,234,567`. */
export function count(value: number): string {
  return whole.format(Math.round(value));
}

/** Three significant digits and a step of 1000: 12,300 to `12.3k`. */
export function compact(value: number): string {
  return stepped(value, COUNTS, "");
}

export function bytes(value: number): string {
  return stepped(value, BYTES, " ");
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

/** A length of time: `840 µs`, `12.4 ms`, `3.20 s`, `4 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function seconds(value: number): string {
  if (value === 0) return "0 s";
  if (value < 0.001) return `${digits(value * 1e6)} µs`;
  if (value < 1) return `${digits(value * 1e3)} ms`;
  if (value < 60) return `${digits(value)} s`;
  const total = Math.round(value);
  if (total < 3600) return pair(total, 60, "min", 1, "s");
  if (total < 86_400) return pair(total, 3600, "h", 60, "min");
  return pair(total, 86_400, "d", 3600, "h");
}

/** Two units, without the smaller one where it is 0. */
function pair(total: number, big: number, big_unit: string, small: number, small_unit: string): string {
  const rest = Math.floor((total % big) / small);
  return `${Math.floor(total / big)} ${big_unit}${rest > 0 ? ` ${rest} ${small_unit}` : ""}`;
}

export function milliseconds(value: number): string {
  return seconds(value / 1000);
}

/** Write a feature's number as what it is; a missing one is named as missing. */
export function featureValue(kind: FeatureKind, value: number | null): string {
  if (value === null) return "not reported";
  switch (kind) {
    case "seconds":
      return seconds(value);
    case "bytes":
      return bytes(value);
    case "rate":
      return `${digits(value)}/s`;
    case "flag":
      return value >= 0.5 ? "yes" : "no";
    case "share":
      return percent(value);
    case "balance":
      return balance(value);
    case "level":
    case "count":
      return value >= 1000 ? count(value) : digits(value);
  }
}

/** -1 is all incoming, 1 all outgoing. */
function balance(value: number): string {
  if (Math.abs(value) < 0.005) return "even";
  return `${percent((1 + Math.abs(value)) / 2)} ${value > 0 ? "out" : "in"}`;
}

function stepped(value: number, steps: readonly string[], space: string): string {
  let scaled = Math.abs(value);
  let at = 0;
  while (scaled >= 999.5 && at < steps.length - 1) {
    scaled /= 1000;
    at += 1;
  }
  const text = at === 0 ? digits(scaled) : scaled.toPrecision(3);
  const unit = steps[at] ?? "";
  return `${value < 0 ? "-" : ""}${text}${unit === "" ? "" : space + unit}`;
}

/** At most three significant digits, without trailing zeros. */
function digits(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
