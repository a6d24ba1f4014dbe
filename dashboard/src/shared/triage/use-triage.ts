import { useMutation, useQueryClient } from "@tanstack/react-query";
import { postTriage } from "@/shared/api/endpoints";
import { keys } from "@/shared/api/keys";
import { ApiError, messageOf } from "@/shared/api/problem";
import type { Action } from "@/shared/api/types";
import { notify } from "@/shared/ui/notice-store";
import { requestOf, resultWords, type Details, type Target } from "./act";

interface Act {
  action: Action;
  target: Target;
  details?: Details;
}

/** Sends acts of triage, tells what became of them and makes stale what they touched. */
export function useTriage() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ action, target, details = {} }: Act) => postTriage(requestOf(action, target, details)),
    onSuccess: (result, { action }) => notify("done", resultWords(action, result)),
    onError: (error) => {
      const conflict = error instanceof ApiError && error.status === 409;
      notify("wrong", conflict ? `Not changed: ${error.detail} The latest state is shown now.` : messageOf(error));
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: keys.threats }); // not awaited: a dialog need not stay open for it
    },
  });
}
