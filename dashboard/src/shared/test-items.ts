import type { Change, Contribution, ThreatItem } from "@/shared/api/types";

/** A threat for a test; the number tells it from others. */
export function item(number: number, values: Partial<ThreatItem> = {}): ThreatItem {
  return {
    threat_id: `id-${number}`,
    event_time: 1_700_000_000 + number,
    scored_time: 1_700_000_000 + number,
    entity: "10.9.9.9",
    severity: "high",
    threat_class: "scan",
    risk: 80,
    anomaly: 0.9,
    src_ip: "10.9.9.9",
    dst_ip: "10.0.0.5",
    dst_port: 22,
    sensor: "test",
    attack: null,
    model_version: "1",
    status: "new",
    assignee: null,
    verdict: null,
    suppressed: false,
    basis: "event",
    ...values,
  };
}

export function change(threat_id: string, values: Partial<Change> = {}): Change {
  return {
    change_id: 1,
    threat_id,
    time: 1_700_000_100,
    actor: "bob",
    action: "close",
    from_status: "new",
    to_status: "closed",
    assignee: null,
    verdict: "false_positive",
    reason: null,
    note: null,
    ...values,
  };
}

export function contribution(name: string, values: Partial<Contribution> = {}): Contribution {
  return { name, observed: 212, expected: 3, contribution: 2.5, ...values };
}
