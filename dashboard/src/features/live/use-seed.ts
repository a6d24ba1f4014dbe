import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { getThreats } from "@/shared/api/endpoints";
import { filterSearch, type ThreatFilter } from "@/shared/filter/filter";
import { useLive, useLiveState } from "@/shared/live/context";

/** As many as the API gives at once. */
const SEED_ITEMS = 500;

/** Follow a filter live, and put what is stored already under it. Returns what went wrong with the latter, if anything. */
export function useSeed(filter: ThreatFilter): { error: Error | null; retry: () => void } {
  const { feed, follow } = useLive();
  const seeded = useLiveState((snapshot) => snapshot.seeded);
  // First the server follows, then what is stored is read: nothing falls between the two.
  const ready = useLiveState((snapshot) => snapshot.following || snapshot.connection.state === "waiting");
  useEffect(() => follow(filter), [follow, filter]);
  useEffect(() => () => follow({}), [follow]);
  const { data, error, refetch } = useQuery({
    queryKey: ["seed", filterSearch(filter)],
    queryFn: ({ signal }) => getThreats(filter, null, signal, SEED_ITEMS),
    enabled: ready && !seeded,
    staleTime: 0,
    gcTime: 0,
  });
  useEffect(() => {
    if (data && !seeded) feed.seed(data.items, data.next_cursor === null);
  }, [data, seeded, feed]);
  return { error, retry: () => void refetch() };
}
