import { useCallback } from "react";
import { getGroups } from "@/shared/api/endpoints";
import { keys } from "@/shared/api/keys";
import type { Group } from "@/shared/api/types";
import type { ThreatFilter } from "@/shared/filter/filter";
import { useNow } from "@/shared/format/now";
import { useShortcuts } from "@/shared/shortcuts/shortcuts";
import { useCursor } from "@/shared/threats/use-cursor";
import { VirtualRows } from "@/shared/threats/VirtualRows";
import type { Target } from "@/shared/triage/act";
import { useActions } from "@/shared/triage/use-actions";
import { Empty, Failed, Loading } from "@/shared/ui/States";
import { GroupHead, GroupRow } from "./GroupRow";
import styles from "./TriagePage.module.css";
import { usePages } from "./use-pages";

interface Props {
  filter: ThreatFilter;
  onOpen: (group: Group) => void;
}

/** Threats by class and entity: what would be a thousand lines of one scan is one. */
export function GroupsList({ filter, onOpen }: Props) {
  const read = (cursor: string | null, signal: AbortSignal) => getGroups(filter, cursor, signal);
  const { items, isPending, error, retry, more } = usePages(keys.groups(filter), read, true);
  const cursor = useCursor(items.length);
  const { act, dialog } = useActions();
  const today_s = Math.floor(useNow() / 86_400) * 86_400;
  const current = cursor.at === undefined ? undefined : items[cursor.at];
  const target = current ? groupTarget(filter, current) : { threat_ids: [] };
  useShortcuts("Groups", [
    { keys: "j", does: "Next group", run: () => cursor.move(1) },
    { keys: "k", does: "Previous group", run: () => cursor.move(-1) },
    { keys: "Enter", does: "Open the group", run: () => current && onOpen(current) },
    { keys: "o", run: () => current && onOpen(current) },
    { keys: "a", does: "Acknowledge the group", run: () => act("acknowledge", target) },
    { keys: "m", does: "Assign the group", run: () => act("assign", target) },
    { keys: "c", does: "Close the group", run: () => act("close", target) },
  ]);
  const keyOf = useCallback((index: number) => groupKey(items[index], index), [items]);
  if (error && items.length === 0) return <Failed error={error} what="the groups" onRetry={retry} />;
  if (isPending) return <Loading what="the groups" />;
  if (items.length === 0) return <Empty title="Nothing matches these filters." />;
  return (
    <>
      <VirtualRows
        label="Groups of threats"
        length={items.length}
        keyOf={keyOf}
        head={<GroupHead />}
        selected={cursor.at}
        onNearEnd={more}
        className={styles.rows}
        renderRow={(index) => {
          const group = items[index];
          return group && <GroupRow group={group} today_s={today_s} selected={index === cursor.at} onOpen={onOpen} />;
        }}
      />
      {dialog}
    </>
  );
}

function groupKey(group: Group | undefined, index: number): string {
  return group ? `${group.threat_class} ${group.entity}` : String(index);
}

function groupTarget(filter: ThreatFilter, group: Group): Target {
  return { filter: { ...filter, threat_class: [group.threat_class], entity: [group.entity] }, total: group.count };
}
