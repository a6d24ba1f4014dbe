import { useState } from "react";
import type { Action, ThreatDetail } from "@/shared/api/types";
import { classWords } from "@/shared/domain/words";
import { ValueButton } from "@/shared/filter/ValueButton";
import { useShortcuts } from "@/shared/shortcuts/shortcuts";
import { StatusMark } from "@/shared/threats/StatusMark";
import { useActions } from "@/shared/triage/use-actions";
import { Button } from "@/shared/ui/Button";
import { Copy } from "@/shared/ui/Copy";
import { SeverityMark } from "@/shared/ui/SeverityMark";
import { Time } from "@/shared/ui/Time";
import { SuppressDialog } from "./SuppressDialog";
import styles from "./ThreatHeader.module.css";

/** What it is, where it stands, and what can be done with it. */
export function ThreatHeader({ detail }: { detail: ThreatDetail }) {
  const { threat, triage, suppressed } = detail;
  const { act, allowed, dialog } = useActions();
  const [suppressing, setSuppressing] = useState(false);
  const closed = triage.status === "closed";
  // With the version that is shown, a change made meanwhile by somebody else is not overwritten unseen.
  const go = (action: Action) => act(action, { threat_ids: [threat.threat_id], version: triage.version });
  useShortcuts("Threat", [
    { keys: "a", does: "Acknowledge", run: () => go("acknowledge") },
    { keys: "m", does: "Assign", run: () => go("assign") },
    { keys: "c", does: "Close with a verdict", run: () => go("close") },
    { keys: "e", does: "Reopen", run: () => go("reopen") },
    { keys: "n", does: "Write a note", run: () => go("note") },
    { keys: "s", does: "Suppress such threats", run: () => allowed && setSuppressing(true) },
    { keys: "u", does: "Back to where you came from", run: () => history.back() },
  ]);
  return (
    <header className={styles.header}>
      <div className={styles.what}>
        <div className={styles.title}>
          <SeverityMark severity={threat.severity} />
          <h1>{classWords(threat.threat_class)}</h1>
          <StatusMark {...triage} suppressed={suppressed} />
        </div>
        <dl className={styles.facts}>
          <Fact name="Entity" field="entity" value={threat.entity} />
          {threat.basis === "entity_risk" && <Fact name="Basis" field="basis" value={threat.basis} />}
          {threat.dst_ip && <Fact name="Destination" field="dst_ip" value={threat.dst_ip} />}
          {threat.dst_port != null && <Fact name="Port" field="dst_port" value={String(threat.dst_port)} />}
          {threat.sensor && <Fact name="Sensor" field="sensor" value={threat.sensor} />}
          <div>
            <dt>Happened</dt>
            <dd>
              <Time at={threat.event_time} />
            </dd>
          </div>
        </dl>
        {triage.reason && (
          <p className={styles.reason}>
            <strong>Reason:</strong> {triage.reason}
          </p>
        )}
      </div>
      <div className={styles.acts} role="group" aria-label="Triage">
        {closed ? (
          <Button hint="e" disabled={!allowed} onClick={() => go("reopen")}>
            Reopen
          </Button>
        ) : (
          <>
            <Button hint="a" disabled={!allowed || triage.status === "acknowledged"} onClick={() => go("acknowledge")}>
              Acknowledge
            </Button>
            <Button tone="main" hint="c" disabled={!allowed} onClick={() => go("close")}>
              Close
            </Button>
          </>
        )}
        <Button hint="m" disabled={!allowed} onClick={() => go("assign")}>
          Assign
        </Button>
        <Button hint="n" disabled={!allowed} onClick={() => go("note")}>
          Note
        </Button>
        <Button hint="s" disabled={!allowed} onClick={() => setSuppressing(true)}>
          Suppress
        </Button>
      </div>
      {!allowed && <p className={styles.reading}>Your role may read, but not change threats.</p>}
      {dialog}
      {suppressing && <SuppressDialog threat={threat} onClose={() => setSuppressing(false)} />}
    </header>
  );
}

function Fact({
  name,
  field,
  value,
}: {
  name: string;
  field: "entity" | "basis" | "dst_ip" | "dst_port" | "sensor";
  value: string;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="mono">
        <ValueButton field={field} value={value}>
          {value}
        </ValueButton>
        <Copy value={value} what={name.toLowerCase()} />
      </dd>
    </div>
  );
}
