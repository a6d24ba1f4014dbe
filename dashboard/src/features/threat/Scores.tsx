import type { Threat } from "@/shared/api/types";
import { SEVERITIES, SEVERITY_FLOOR } from "@/shared/domain/severity";
import { classWords } from "@/shared/domain/words";
import { percent } from "@/shared/format/numbers";
import styles from "./Scores.module.css";

/** Risk on its bands, anomaly, and what the class head thinks. */
export function Scores({ threat }: { threat: Threat }) {
  const classes = Object.entries(threat.class_probabilities).sort(([, one], [, other]) => other - one);
  return (
    <div className={styles.scores}>
      <div>
        <p className={styles.line}>
          <span>Risk</span>
          <strong>{threat.risk.toFixed(1)}</strong>
        </p>
        <div className={styles.bands} aria-hidden="true">
          {SEVERITIES.toReversed().map((severity) => (
            <span
              key={severity}
              className={styles[severity]}
              style={{ flexGrow: ceiling(severity) - SEVERITY_FLOOR[severity] }}
            />
          ))}
          <i style={{ left: `${threat.risk}%` }} />
        </div>
      </div>
      <Share name="Anomaly" share={threat.anomaly} help="more unusual than this share of benign traffic" />
      <div>
        <h3>Class</h3>
        {classes.map(([name, share]) => (
          <Share key={name} name={name === "benign" ? "Benign" : classWords(name)} share={share} />
        ))}
      </div>
    </div>
  );
}

function ceiling(severity: (typeof SEVERITIES)[number]): number {
  const above = SEVERITIES[SEVERITIES.indexOf(severity) - 1];
  return above ? SEVERITY_FLOOR[above] : 100;
}

function Share({ name, share, help }: { name: string; share: number; help?: string }) {
  return (
    <div className={styles.share}>
      <p className={styles.line}>
        <span>
          {name} {help && <small>{help}</small>}
        </span>
        <strong>{percent(share)}</strong>
      </p>
      <span className={styles.track} aria-hidden="true">
        <span style={{ width: `${100 * share}%` }} />
      </span>
    </div>
  );
}
