import { filterSearch, type ThreatFilter } from "@/shared/filter/filter";
import { LiveFeed } from "./feed";
import { LiveSocket, type SocketEvents } from "./socket";

export interface Live {
  feed: LiveFeed;
  socket: LiveSocket;
  /** Follow another filter from now on; the list begins anew unless it is the same one. */
  follow: (filter: ThreatFilter) => void;
}

/** Make the page's live connection, not started yet. `more` hears every frame after the feed took it. */
export function createLive(origin: string, more: Pick<SocketEvents, "onFrame" | "onRefused">): Live {
  const feed = new LiveFeed();
  const socket = new LiveSocket(origin, {
    onFrame: (frame) => {
      feed.onFrame(frame);
      more.onFrame(frame);
    },
    onConnection: (connection) => feed.onConnection(connection),
    onRefused: more.onRefused,
  });
  let followed = "";
  const follow = (filter: ThreatFilter) => {
    const wanted = filterSearch(filter);
    if (wanted === followed) return;
    followed = wanted;
    feed.reset();
    socket.setFilter(filter);
  };
  return { feed, socket, follow };
}
