import { useCallback, useMemo } from "react";
import { useLocation, useSearch } from "wouter";
import { filterSearch, parseFilter, type ThreatFilter } from "./filter";

/**
 * The filter of this view, which lives in the URL, so that it can be shared, kept and gone back from; and the way of
 * looking at what it finds, `view`, where the page has several.
 */
export function useFilter(): [ThreatFilter, (filter: ThreatFilter, view?: string | null) => void, string | null] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const filter = useMemo(() => parseFilter(search), [search]);
  const view = useMemo(() => new URLSearchParams(search).get("view"), [search]);
  const setFilter = useCallback(
    (next: ThreatFilter, next_view = view) => {
      const query = new URLSearchParams(filterSearch(next));
      if (next_view) query.set("view", next_view);
      navigate(query.size > 0 ? `${path}?${query.toString()}` : path);
    },
    [path, navigate, view],
  );
  return [filter, setFilter, view];
}
