import type { ThreatItem } from "@/shared/api/types";
import { useNow } from "@/shared/format/now";
import { ThreatHead, ThreatRow } from "./ThreatRow";
import styles from "./ThreatList.module.css";

/** A short list of threats, whole. */
export function ThreatList({ label, items }: { label: string; items: readonly ThreatItem[] }) {
  const today_s = Math.floor(useNow() / 86_400) * 86_400;
  return (
    <div role="table" aria-label={label} className={styles.list}>
      <div role="rowgroup">
        <ThreatHead />
      </div>
      <div role="rowgroup">
        {items.map((item) => (
          <ThreatRow key={item.threat_id} item={item} today_s={today_s} />
        ))}
      </div>
    </div>
  );
}
