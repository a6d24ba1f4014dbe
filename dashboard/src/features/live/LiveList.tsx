import { useCallback, useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { count } from "@/shared/format/numbers";
import { useNow } from "@/shared/format/now";
import { useLive, useLiveState } from "@/shared/live/context";
import { TRIAGE_OPEN, threatPath } from "@/shared/routes";
import { useShortcuts } from "@/shared/shortcuts/shortcuts";
import { ThreatHead, ThreatRow } from "@/shared/threats/ThreatRow";
import { VirtualRows } from "@/shared/threats/VirtualRows";
import { useActions } from "@/shared/triage/use-actions";
import { Button } from "@/shared/ui/Button";
import { Empty } from "@/shared/ui/States";
import styles from "./LiveList.module.css";

/** The threats as they come, the newest first. It holds still while somebody reads: by key, by scrolling, by selecting. */
export function LiveList() {
  const { feed } = useLive();
  const version = useLiveState((snapshot) => snapshot.version);
  const length = useLiveState((snapshot) => snapshot.length);
  const held = useLiveState((snapshot) => snapshot.held);
  const waiting = useLiveState((snapshot) => snapshot.waiting);
  const [paused, setPaused] = useState(false);
  const [selected, setSelected] = useState<number>();
  const [top, setTop] = useState(0);
  const { act, dialog } = useActions();
  const [, navigate] = useLocation();
  const today_s = Math.floor(useNow() / 86_400) * 86_400;

  useEffect(() => () => feed.hold(false), [feed]);
  const pause = (next: boolean) => {
    setPaused(next);
    feed.hold(next);
    if (next) return;
    setSelected(undefined);
    setTop((times) => times + 1); // a new list, scrolled to its top
  };
  const onAtTop = (at_top: boolean) => {
    if (!paused) feed.hold(!at_top);
  };
  const move = (step: number) => {
    if (length === 0) return;
    pause(true);
    setSelected(selected === undefined ? 0 : Math.min(length - 1, Math.max(0, selected + step)));
  };
  const row = selected === undefined ? undefined : feed.rowAt(selected);
  const target = { threat_ids: row?.kind === "threat" ? [row.item.threat_id] : [] };
  useShortcuts("Live", [
    { keys: "p", does: held ? "Go on" : "Pause", run: () => pause(!held) },
    { keys: "j", does: "Next threat", run: () => move(1) },
    { keys: "k", does: "Previous threat", run: () => move(-1) },
    { keys: "Enter", does: "Open it", run: () => row?.kind === "threat" && navigate(threatPath(row.item.threat_id)) },
    { keys: "a", does: "Acknowledge it", run: () => act("acknowledge", target) },
    { keys: "c", does: "Close it", run: () => act("close", target) },
    { keys: "m", does: "Assign it", run: () => act("assign", target) },
    { keys: "n", does: "Write a note on it", run: () => act("note", target) },
  ]);
  const keyOf = useCallback((index: number) => feed.rowAt(index)?.key ?? String(index), [feed]);
  const renderRow = (index: number) => {
    const shown = feed.rowAt(index);
    if (!shown) return null;
    if (shown.kind === "gap") return <GapRow dropped={shown.dropped} />;
    return <ThreatRow item={shown.item} today_s={today_s} selected={index === selected} />;
  };
  return (
    <>
      <div className={styles.bar}>
        <Button small onClick={() => pause(!held)} aria-pressed={held} hint="p">
          {held ? "Go on" : "Pause"}
        </Button>
        <p role="status" className={styles.waiting}>
          {held && (waiting > 0 ? `Held; ${count(waiting)} new` : "Held")}
        </p>
        <p className={styles.length} data-version={version}>
          {count(length)} in the list
        </p>
      </div>
      {length === 0 ? (
        <Empty title="No threats yet.">
          <p>What the pipeline scores as dangerous appears here within a second.</p>
        </Empty>
      ) : (
        <VirtualRows
          key={top}
          label="Threats, newest first"
          length={length}
          keyOf={keyOf}
          renderRow={renderRow}
          head={<ThreatHead />}
          selected={selected}
          onAtTop={onAtTop}
          className={styles.rows}
        />
      )}
      {dialog}
    </>
  );
}

/** The server dropped something for us, or could not go on where we were: it is never silent. */
function GapRow({ dropped }: { dropped: number | null }) {
  return (
    <div role="row" className={styles.gap}>
      <span role="cell">
        {dropped === null ? "Some threats may be missing here" : `${count(dropped)} not delivered here`}: this page was
        too slow or away too long. <Link href={TRIAGE_OPEN}>Triage has them all</Link>
      </span>
    </div>
  );
}
