import type { Me } from "@/shared/api/types";
import { LiveContext } from "@/shared/live/context";
import { Notices } from "@/shared/ui/Notices";
import { Routes } from "./routes";
import { Shell } from "./Shell";
import { useKeptSession } from "./use-kept-session";
import { useLiveConnection } from "./use-live-connection";
import { usePlainLinks } from "./use-plain-links";

/** What somebody who is signed in sees: one live connection, the frame, the view. */
export function SignedIn({ me }: { me: Me }) {
  useKeptSession(me);
  usePlainLinks();
  const live = useLiveConnection(me.name);
  return (
    <LiveContext value={live}>
      <Shell me={me}>
        <Routes />
      </Shell>
      <Notices />
    </LiveContext>
  );
}
