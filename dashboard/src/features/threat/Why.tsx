import type { Contribution } from "@/shared/api/types";
import { cx } from "@/shared/ui/cx";
import { Empty } from "@/shared/ui/States";
import styles from "./Why.module.css";
import { leadOf, reasonsOf, type Reason } from "./reasons";

/** Each reason: where this event lies against usual traffic, and how it moved the risk. */
export function Why({ contributions }: { contributions: readonly Contribution[] }) {
  const reasons = reasonsOf(contributions);
  if (reasons.length === 0) return <Empty title="The model gave no reasons." />;
  return (
    <div className={styles.why}>
      <p className={styles.lead}>{leadOf(reasons)}</p>
      <p className={styles.legend} aria-hidden="true">
        <span>
          <i className={styles.usual} /> usual
        </span>
        <span>
          <i className={styles.seen} /> this event
        </span>
        <span className={styles.scale}>lowers the risk · raises it</span>
      </p>
      <ul className={styles.reasons}>
        {reasons.map((reason) => (
          <ReasonRow key={reason.name} reason={reason} />
        ))}
      </ul>
    </div>
  );
}

function ReasonRow({ reason }: { reason: Reason }) {
  const raises = reason.contribution > 0;
  const effect = `${raises ? "+" : "−"}${Math.abs(reason.contribution).toFixed(2)}`;
  return (
    <li className={styles.reason} data-feature={reason.name}>
      <span className={styles.label} title={reason.name}>
        {reason.label}
      </span>
      <Track seen_at={reason.seen_at} usual_at={reason.usual_at} raises={raises} />
      <span className={styles.values}>
        <strong>{reason.seen}</strong> <span className={styles.against}>usual {reason.usual}</span>
      </span>
      <span className={styles.effect} title="Share of the risk's logit">
        <span className={styles.axis} aria-hidden="true">
          <span
            className={raises ? styles.raises : styles.lowers}
            style={{ width: `${50 * Math.abs(reason.share)}%` }}
          />
        </span>
        <span className={styles.number}>{effect}</span>
        <span className="visually-hidden">{raises ? "raises the risk" : "lowers the risk"}</span>
      </span>
    </li>
  );
}

/** Observed and usual on one axis; a value that was not reported has no mark. */
function Track({ seen_at, usual_at, raises }: { seen_at: number | null; usual_at: number | null; raises: boolean }) {
  const both = seen_at !== null && usual_at !== null;
  return (
    <span className={styles.track} aria-hidden="true">
      {both && (
        <span
          className={cx(styles.span, raises && styles.up)}
          style={{ left: `${100 * Math.min(seen_at, usual_at)}%`, width: `${100 * Math.abs(seen_at - usual_at)}%` }}
        />
      )}
      {usual_at !== null && <span className={styles.usual} style={{ left: `${100 * usual_at}%` }} />}
      {seen_at !== null && (
        <span className={cx(styles.seen, raises && styles.up)} style={{ left: `${100 * seen_at}%` }} />
      )}
    </span>
  );
}
