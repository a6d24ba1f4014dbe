import { QueryCache, QueryClient } from "@tanstack/react-query";
import { keys } from "@/shared/api/keys";
import { ApiError, isPassing } from "@/shared/api/problem";

const RETRIES = 2;
const FRESH_MS = 10_000;

/** What is kept of the API's answers. An answer that says "not signed in" makes us ask who is signed in. */
export function createQueries(): QueryClient {
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== keys.me[0]) {
          void queries.invalidateQueries({ queryKey: keys.me });
        }
      },
    }),
    defaultOptions: {
      queries: { staleTime: FRESH_MS, retry: (failures, error) => isPassing(error) && failures < RETRIES },
      mutations: { retry: false },
    },
  });
  return queries;
}
