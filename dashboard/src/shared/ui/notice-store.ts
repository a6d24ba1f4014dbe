import { useSyncExternalStore } from "react";

export interface Notice {
  id: number;
  tone: "done" | "told" | "wrong";
  text: string;
}

const LIMIT = 4;
const SHOWN_MS = 6000;
const listeners = new Set<() => void>();
let notices: readonly Notice[] = [];
let last_id = 0;

/** Tell something in the corner of the page; it goes by itself, errors stay until dismissed or displaced. */
export function notify(tone: Notice["tone"], text: string): void {
  const notice = { id: ++last_id, tone, text };
  publish([...notices.filter((other) => other.text !== text), notice].slice(-LIMIT));
  if (tone !== "wrong") setTimeout(() => dismiss(notice.id), SHOWN_MS);
}

export function dismiss(id: number): void {
  publish(notices.filter((notice) => notice.id !== id));
}

export function useNotices(): readonly Notice[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => notices,
  );
}

function publish(next: readonly Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}
