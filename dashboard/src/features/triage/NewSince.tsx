import { useState } from "react";
import { count } from "@/shared/format/numbers";
import { useLiveState } from "@/shared/live/context";
import { Button } from "@/shared/ui/Button";

/** How many threats arrived since the list was read; the list itself does not move under the analyst's hands. */
export function NewSince({ read_at_ms, onRefresh }: { read_at_ms: number; onRefresh: () => void }) {
  const arrived = useLiveState((snapshot) => snapshot.arrived);
  const [read, setRead] = useState({ at_ms: read_at_ms, arrived });
  if (read.at_ms !== read_at_ms) setRead({ at_ms: read_at_ms, arrived });
  const fresh = arrived - read.arrived;
  if (fresh <= 0) return null;
  return (
    <Button tone="quiet" small hint="r" onClick={onRefresh}>
      {count(fresh)} arrived since
    </Button>
  );
}
