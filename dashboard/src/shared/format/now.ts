import { useSyncExternalStore } from "react";

/** One ticking clock for the whole page; components that show ages read it and render once a second at most. */
const listeners = new Set<() => void>();
let now_s = Math.floor(Date.now() / 1000);
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  now_s = Math.floor(Date.now() / 1000);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Seconds since 1970, whole. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now_s);
}
