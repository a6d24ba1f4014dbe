const pad = (value: number, width = 2): string => String(value).padStart(width, "0");

/** `2026-11-25 18:03:08` in UTC; times on the wire are seconds since 1970. */
export function absolute(time_s: number): string {
  return `${day(time_s)} ${clock(time_s)}`;
}

export function day(time_s: number): string {
  const date = new Date(time_s * 1000);
  return `${date.getUTCFullYear()}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
}

export function clock(time_s: number): string {
  const date = new Date(time_s * 1000);
  return `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
}

/** `18:03` in UTC. */
export function minute(time_s: number): string {
  return clock(time_s).slice(0, 5);
}

/** For a list: the clock today, the day otherwise in front of it. */
export function listed(time_s: number, now_s: number): string {
  return day(time_s) === day(now_s) ? clock(time_s) : `${day(time_s).slice(2)} ${clock(time_s).slice(0, 5)}`;
}

/** `12 s ago`, `in 3 h`: one unit, rounded down. */
export function relative(time_s: number, now_s: number): string {
  const distance = Math.abs(now_s - time_s);
  const text = unit(distance);
  if (text === "0 s") return "now";
  return time_s <= now_s ? `${text} ago` : `in ${text}`;
}

function unit(distance_s: number): string {
  if (distance_s < 60) return `${Math.floor(distance_s)} s`;
  if (distance_s < 3600) return `${Math.floor(distance_s / 60)} min`;
  if (distance_s < 86_400) return `${Math.floor(distance_s / 3600)} h`;
  if (distance_s < 730 * 86_400) return `${Math.floor(distance_s / 86_400)} d`;
  return `${Math.floor(distance_s / (365.25 * 86_400))} y`;
}

/** A time for `<input type="datetime-local">`, read as UTC by us. */
export function toInput(time_s: number): string {
  return `${day(time_s)}T${clock(time_s)}`;
}

/** Seconds of what such a field holds, or undefined when it holds nothing that is a time. */
export function fromInput(text: string): number | undefined {
  const milliseconds = Date.parse(`${text}Z`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}
