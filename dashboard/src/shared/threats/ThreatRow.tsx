import { memo } from "react";
import type { ThreatItem } from "@/shared/api/types";
import { classWords } from "@/shared/domain/words";
import { ValueButton } from "@/shared/filter/ValueButton";
import { endpoint } from "@/shared/format/address";
import { absolute, listed } from "@/shared/format/time";
import { threatPath } from "@/shared/routes";
import { SeverityMark } from "@/shared/ui/SeverityMark";
import { RiskBar } from "./RiskBar";
import { StatusMark } from "./StatusMark";
import styles from "./ThreatRow.module.css";

interface Props {
  item: ThreatItem;
  /** The day that needs no date: now, rounded to a day by the caller, so that rows do not render with the clock. */
  today_s: number;
  selected?: boolean;
  /** Given where rows can be chosen for an act on many. */
  checked?: boolean | undefined;
  onCheck?: ((threat_id: string, checked: boolean) => void) | undefined;
}

/** One threat of a list: a table's row at a desk, two lines on a phone. */
export const ThreatRow = memo(function ThreatRow({ item, today_s, selected = false, checked, onCheck }: Props) {
  const words = classWords(item.threat_class);
  return (
    <div role="row" className={styles.row} data-selected={selected || undefined} data-status={item.status}>
      {onCheck && (
        <span role="cell" className={styles.check}>
          <input
            type="checkbox"
            checked={checked ?? false}
            onChange={(event) => onCheck(item.threat_id, event.target.checked)}
            aria-label={`Choose ${words} by ${item.entity}`}
          />
        </span>
      )}
      <span role="cell" className={styles.severity}>
        <SeverityMark severity={item.severity} />
      </span>
      <span role="cell" className={styles.risk}>
        <RiskBar risk={item.risk} />
      </span>
      <span role="cell" className={styles.time} title={`${absolute(item.event_time)} UTC`}>
        {listed(item.event_time, today_s)}
      </span>
      <span role="cell" className={styles.class}>
        <a href={threatPath(item.threat_id)} className={styles.link}>
          {words}
        </a>
      </span>
      <span role="cell" className={styles.who}>
        <ValueButton field="entity" value={item.entity}>
          {item.entity}
        </ValueButton>
      </span>
      <span role="cell" className={styles.whom}>
        {item.dst_ip ? (
          <ValueButton field="dst_ip" value={item.dst_ip}>
            {endpoint(item.dst_ip, item.dst_port)}
          </ValueButton>
        ) : (
          endpoint(null, item.dst_port)
        )}
      </span>
      <span role="cell" className={styles.status}>
        <StatusMark {...item} />
      </span>
    </div>
  );
});

/** Names of the columns, for the head of a list. */
export function ThreatHead({ choosing = false }: { choosing?: boolean }) {
  return (
    <div role="row" className={styles.head}>
      {choosing && (
        <span role="columnheader" className={styles.check}>
          <span className="visually-hidden">Chosen</span>
        </span>
      )}
      <span role="columnheader" className={styles.severity}>
        Severity
      </span>
      <span role="columnheader" className={styles.risk}>
        Risk
      </span>
      <span role="columnheader" className={styles.time}>
        Time, UTC
      </span>
      <span role="columnheader" className={styles.class}>
        Class
      </span>
      <span role="columnheader" className={styles.who}>
        Entity
      </span>
      <span role="columnheader" className={styles.whom}>
        Destination
      </span>
      <span role="columnheader" className={styles.status}>
        Status
      </span>
    </div>
  );
}
