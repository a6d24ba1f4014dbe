import { memo } from "react";
import type { Group } from "@/shared/api/types";
import { classWords } from "@/shared/domain/words";
import { ValueButton } from "@/shared/filter/ValueButton";
import { count } from "@/shared/format/numbers";
import { listed } from "@/shared/format/time";
import { RiskBar } from "@/shared/threats/RiskBar";
import { SeverityMark } from "@/shared/ui/SeverityMark";
import styles from "./GroupRow.module.css";

interface Props {
  group: Group;
  today_s: number;
  selected: boolean;
  onOpen: (group: Group) => void;
}

/** All threats of one class by one entity, as one line. */
export const GroupRow = memo(function GroupRow({ group, today_s, selected, onOpen }: Props) {
  return (
    <div role="row" className={styles.row} data-selected={selected || undefined}>
      <span role="cell" className={styles.severity}>
        <SeverityMark severity={group.severity} />
      </span>
      <span role="cell" className={styles.risk}>
        <RiskBar risk={group.max_risk} />
      </span>
      <span role="cell" className={styles.class}>
        <button type="button" className={styles.open} onClick={() => onOpen(group)}>
          {classWords(group.threat_class)}
        </button>
      </span>
      <span role="cell" className={styles.who}>
        <ValueButton field="entity" value={group.entity}>
          {group.entity}
        </ValueButton>
      </span>
      <span role="cell" className={styles.count}>
        <strong>{count(group.count)}</strong>
        <span className={styles.still}>, {openWords(group)}</span>
      </span>
      <span role="cell" className={styles.time}>
        {listed(group.first_time, today_s)} – {listed(group.last_time, today_s)}
      </span>
    </div>
  );
});

function openWords({ count: all, open_count }: Group): string {
  if (open_count === 0) return "all closed";
  return open_count === all ? "all open" : `${count(open_count)} open`;
}

export function GroupHead() {
  return (
    <div role="row" className={styles.head}>
      <span role="columnheader" className={styles.severity}>
        Severity
      </span>
      <span role="columnheader" className={styles.risk}>
        Risk
      </span>
      <span role="columnheader" className={styles.class}>
        Class
      </span>
      <span role="columnheader" className={styles.who}>
        Entity
      </span>
      <span role="columnheader" className={styles.count}>
        Threats
      </span>
      <span role="columnheader" className={styles.time}>
        First and last, UTC
      </span>
    </div>
  );
}
