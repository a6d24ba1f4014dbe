const FIRST_MS = 500;
const MOST_MS = 30_000;

/**
 * How long to wait before a connection is tried again: doubled each time up to half a minute, of which a random half is
 * taken off, so that the clients of a server that comes back do not all return in one moment.
 */
export function backoffMs(attempt: number, random: () => number): number {
  const whole = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return whole / 2 + (whole / 2) * random();
}
