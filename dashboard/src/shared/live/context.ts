import { createContext, use, useSyncExternalStore } from "react";
import type { Snapshot } from "./feed";
import type { Live } from "./live";

export const LiveContext = createContext<Live | undefined>(undefined);

/** The one live connection of the page. */
export function useLive(): Live {
  const live = use(LiveContext);
  if (!live) throw new Error("useLive is used outside of LiveContext");
  return live;
}

/** A part of the live state; renders only when that part changes. `select` must return a primitive or a held object. */
export function useLiveState<T>(select: (snapshot: Snapshot) => T): T {
  const { feed } = useLive();
  return useSyncExternalStore(feed.subscribe, () => select(feed.getSnapshot()));
}
