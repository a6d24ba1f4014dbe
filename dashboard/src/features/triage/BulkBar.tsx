import type { Action } from "@/shared/api/types";
import { count } from "@/shared/format/numbers";
import { threats } from "@/shared/triage/act";
import { Button } from "@/shared/ui/Button";
import styles from "./BulkBar.module.css";

interface Props {
  chosen: number;
  /** How many could be chosen instead: all that the filter finds. */
  offer: number | undefined;
  onAll: () => void;
  onClear: () => void;
  allowed: boolean;
  onAct: (action: Action) => void;
}

/** What can be done with the chosen threats. */
export function BulkBar({ chosen, offer, onAll, onClear, allowed, onAct }: Props) {
  return (
    <div className={styles.bar} role="group" aria-label="The chosen threats">
      <p role="status">{threats(chosen)} chosen</p>
      {offer !== undefined && offer > chosen && (
        <Button tone="quiet" small onClick={onAll}>
          Choose all {count(offer)} that match
        </Button>
      )}
      <span className={styles.acts}>
        <Button small hint="a" disabled={!allowed} onClick={() => onAct("acknowledge")}>
          Acknowledge
        </Button>
        <Button small hint="m" disabled={!allowed} onClick={() => onAct("assign")}>
          Assign
        </Button>
        <Button small hint="c" disabled={!allowed} onClick={() => onAct("close")}>
          Close
        </Button>
        <Button small hint="e" disabled={!allowed} onClick={() => onAct("reopen")}>
          Reopen
        </Button>
        <Button tone="quiet" small onClick={onClear}>
          Choose none
        </Button>
      </span>
    </div>
  );
}
