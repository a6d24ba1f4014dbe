import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";

interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

export interface Pages<Item> {
  items: Item[];
  isPending: boolean;
  error: Error | null;
  /** When the first page was read last, ms; it tells what is newer. */
  read_at_ms: number;
  retry: () => void;
  more: () => void;
}

/** A list that is read page after page as somebody scrolls. */
export function usePages<Item>(
  key: readonly unknown[],
  read: (cursor: string | null, signal: AbortSignal) => Promise<Page<Item>>,
  enabled: boolean,
): Pages<Item> {
  const { data, isPending, error, refetch, hasNextPage, isFetching, fetchNextPage, dataUpdatedAt } = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    enabled,
  });
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  return { items, isPending, error, read_at_ms: dataUpdatedAt, retry: () => void refetch(), more };
}
