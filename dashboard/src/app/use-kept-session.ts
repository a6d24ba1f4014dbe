import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { refreshSession } from "@/shared/api/endpoints";
import { keys } from "@/shared/api/keys";
import type { Me } from "@/shared/api/types";

/** Renewed when a quarter of what was left has gone, so that several tries fit. */
const PART = 0.25;
const LEAST_MS = 5_000;
const MOST_MS = 24 * 3_600_000; // longer waits overflow setTimeout

/** Renew the session while the page is open: a dashboard stays open for a whole shift. */
export function useKeptSession(me: Me): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (me.expires_time === null) return;
    const left_ms = me.expires_time * 1000 - Date.now();
    const renew = () => {
      // Whether it worked or not: asking who we are tells the new end, or that we must sign in again.
      const ask = () => queries.invalidateQueries({ queryKey: keys.me });
      refreshSession().then(ask, ask);
    };
    const timer = setTimeout(renew, Math.min(MOST_MS, Math.max(LEAST_MS, left_ms * PART)));
    return () => clearTimeout(timer);
  }, [me, queries]);
}
