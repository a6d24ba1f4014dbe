import { useCallback, useState } from "react";
import { useLocation } from "wouter";
import { getThreats } from "@/shared/api/endpoints";
import { keys } from "@/shared/api/keys";
import { filterSearch, type ThreatFilter } from "@/shared/filter/filter";
import { useNow } from "@/shared/format/now";
import { threatPath } from "@/shared/routes";
import { useShortcuts } from "@/shared/shortcuts/shortcuts";
import { ThreatHead, ThreatRow } from "@/shared/threats/ThreatRow";
import { useCursor } from "@/shared/threats/use-cursor";
import { VirtualRows } from "@/shared/threats/VirtualRows";
import type { Target } from "@/shared/triage/act";
import { useActions } from "@/shared/triage/use-actions";
import { Empty, Failed, Loading } from "@/shared/ui/States";
import { BulkBar } from "./BulkBar";
import styles from "./TriagePage.module.css";
import { usePages } from "./use-pages";

interface Props {
  filter: ThreatFilter;
  /** How many the filter finds in all, when that is known. */
  total: number | undefined;
}

/** Threat by threat, to be chosen and acted upon one by one or together. */
export function ThreatsList({ filter, total }: Props) {
  const read = (cursor: string | null, signal: AbortSignal) => getThreats(filter, cursor, signal);
  const { items, isPending, error, retry, more } = usePages(keys.list(filter), read, true);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [all, setAll] = useState(false);
  const clear = () => {
    setChosen(new Set());
    setAll(false);
  };
  const { act, allowed, dialog } = useActions(clear);
  const [, navigate] = useLocation();
  const cursor = useCursor(items.length);
  const today_s = Math.floor(useNow() / 86_400) * 86_400;
  const current = cursor.at === undefined ? undefined : items[cursor.at];
  const onCheck = useCallback((id: string, on: boolean) => {
    setAll(false);
    setChosen((before) => toggled(before, id, on));
  }, []);
  const target: Target = all
    ? { filter, total: total ?? items.length }
    : { threat_ids: chosen.size > 0 ? [...chosen] : current ? [current.threat_id] : [] };
  useShortcuts("Threats", [
    { keys: "j", does: "Next threat", run: () => cursor.move(1) },
    { keys: "k", does: "Previous threat", run: () => cursor.move(-1) },
    { keys: "Enter", does: "Open it", run: () => current && navigate(threatPath(current.threat_id)) },
    { keys: "o", run: () => current && navigate(threatPath(current.threat_id)) },
    { keys: "x", does: "Choose it", run: () => current && onCheck(current.threat_id, !chosen.has(current.threat_id)) },
    { keys: "a", does: "Acknowledge", run: () => act("acknowledge", target) },
    { keys: "m", does: "Assign", run: () => act("assign", target) },
    { keys: "c", does: "Close with a verdict", run: () => act("close", target) },
    { keys: "e", does: "Reopen", run: () => act("reopen", target) },
    { keys: "n", does: "Write a note", run: () => act("note", target) },
    { keys: "Escape", does: "Choose nothing", run: clear },
  ]);
  const keyOf = useCallback((index: number) => items[index]?.threat_id ?? String(index), [items]);
  if (error && items.length === 0) return <Failed error={error} what="the threats" onRetry={retry} />;
  if (isPending) return <Loading what="the threats" />;
  if (items.length === 0) return <Empty title="Nothing matches these filters." />;
  return (
    <>
      {(chosen.size > 0 || all) && (
        <BulkBar
          chosen={all ? (total ?? items.length) : chosen.size}
          offer={all ? undefined : total}
          onAll={() => setAll(true)}
          onClear={clear}
          allowed={allowed}
          onAct={(action) => act(action, target)}
        />
      )}
      <VirtualRows
        key={filterSearch(filter)}
        label="Threats, newest first"
        length={items.length}
        keyOf={keyOf}
        head={<ThreatHead choosing />}
        selected={cursor.at}
        onNearEnd={more}
        className={styles.rows}
        renderRow={(index) => {
          const item = items[index];
          if (!item) return null;
          const checked = all || chosen.has(item.threat_id);
          const selected = index === cursor.at;
          return <ThreatRow item={item} today_s={today_s} selected={selected} checked={checked} onCheck={onCheck} />;
        }}
      />
      {dialog}
    </>
  );
}

function toggled(before: ReadonlySet<string>, id: string, on: boolean): ReadonlySet<string> {
  const after = new Set(before);
  if (on) after.add(id);
  else after.delete(id);
  return after;
}
