import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { keys } from "@/shared/api/keys";
import type { Change } from "@/shared/api/types";
import { verdictWords } from "@/shared/domain/words";
import { createLive, type Live } from "@/shared/live/live";
import { notify } from "@/shared/ui/notice-store";

/** Changes of others come in bursts (an act on 10,000 threats); what they make stale is read again at most so often. */
const STALE_AFTER_MS = 400;

/** Keep the live connection while somebody is signed in, and what is shown elsewhere true to what it tells. */
export function useLiveConnection(name: string): Live {
  const queries = useQueryClient();
  const [live] = useState(() => {
    const makeStale = throttled(() => void queries.invalidateQueries({ queryKey: keys.threats }), STALE_AFTER_MS);
    return createLive(location.origin.replace(/^http/, "ws"), {
      onFrame: (frame) => {
        if (frame.type !== "triage") return;
        makeStale();
        const others = frame.changes.filter((change) => change.actor !== name);
        const first = others[0];
        if (first) notify("told", wordsOf(first, others.length));
      },
      onRefused: () => void queries.invalidateQueries({ queryKey: keys.me }),
    });
  });
  useEffect(() => {
    live.socket.start();
    const retry = () => live.socket.retryNow();
    addEventListener("online", retry);
    return () => {
      removeEventListener("online", retry);
      live.socket.stop();
    };
  }, [live]);
  return live;
}

function wordsOf(change: Change, number: number): string {
  const what = number === 1 ? "a threat" : `${number} threats`;
  switch (change.action) {
    case "acknowledge":
      return `${change.actor} acknowledged ${what}.`;
    case "assign":
      return `${change.actor} assigned ${what} to ${change.assignee ?? "nobody"}.`;
    case "close":
      return `${change.actor} closed ${what}: ${verdictWords(change.verdict ?? "undetermined").toLowerCase()}.`;
    case "reopen":
      return `${change.actor} reopened ${what}.`;
    case "note":
      return `${change.actor} wrote a note on ${what}.`;
  }
}

function throttled(run: () => void, wait_ms: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      run();
    }, wait_ms);
  };
}
