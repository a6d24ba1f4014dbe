import { useQuery } from "@tanstack/react-query";
import { getMe } from "./endpoints";
import { keys } from "./keys";
import type { Me } from "./types";

/** Who is signed in; an error of status 401 means nobody. */
export function useMe(): { me: Me | undefined; isPending: boolean; error: Error | null } {
  const { data, isPending, error } = useQuery({
    queryKey: keys.me,
    queryFn: ({ signal }) => getMe(signal),
    staleTime: Infinity,
  });
  return { me: data, isPending, error };
}

/** Whether the one who is signed in may change threats. */
export function useMayTriage(): boolean {
  const { me } = useMe();
  return me?.role === "analyst" || me?.role === "admin";
}
