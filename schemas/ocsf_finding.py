"""Renders a `Threat` as an OCSF Detection Finding (class 2004), version 1.5.0.

Source: https://schema.ocsf.io/1.5.0/classes/detection_finding. `finding_info.uid` is the threat's identifier and
never changes; analytic type 4 is a learnt model, 3 statistics (an entity's risk); activity 1 is Create.
"""

from __future__ import annotations

from typing import Any

from schemas.threat import Basis, Severity, Threat

VERSION = "1.5.0"
CLASS_UID, CATEGORY_UID, CREATE = 2004, 2, 1
LEARNT_MODEL, STATISTICS = 4, 3
SEVERITY_IDS = {
    Severity.INFORMATIONAL: 1,
    Severity.LOW: 2,
    Severity.MEDIUM: 3,
    Severity.HIGH: 4,
    Severity.CRITICAL: 5,
}
#: OCSF's risk levels: 0 Info, 1 Low, 2 Medium, 3 High, 4 Critical.
RISK_LEVELS = ("Info", "Low", "Medium", "High", "Critical")


def to_ocsf(threat: Threat) -> dict[str, Any]:
    """Return the finding as a JSON object. Times are milliseconds since 1970, as OCSF wants them."""
    severity_id = SEVERITY_IDS[threat.severity]
    event_ms, scored_ms = round(threat.event_time * 1000), round(threat.scored_time * 1000)
    return {
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_uid": CATEGORY_UID,
        "category_name": "Findings",
        "class_uid": CLASS_UID,
        "class_name": "Detection Finding",
        "type_uid": CLASS_UID * 100 + CREATE,
        "time": event_ms,
        "severity_id": severity_id,
        "severity": threat.severity.value.capitalize(),
        "status_id": 1,
        "status": "New",
        "is_alert": True,
        "risk_score": round(threat.risk),
        "risk_level_id": severity_id - 1,
        "risk_level": RISK_LEVELS[severity_id - 1],
        "confidence_score": round(100 * threat.class_probabilities[threat.threat_class]),
        "metadata": {
            "version": VERSION,
            "product": {"name": "IronCore", "vendor_name": "CyberShield"},
            "logged_time": scored_ms,
        },
        "finding_info": _finding_info(threat, event_ms, scored_ms),
        "anomaly_analyses": [_anomaly_analysis(threat)],
        "observables": _observables(threat),
        "evidences": [_evidence(threat)],
    }


def _analytic(threat: Threat) -> dict[str, Any]:
    learnt = threat.basis == Basis.EVENT
    return {
        "name": threat.model_name,
        "version": threat.model_version,
        "type_id": LEARNT_MODEL if learnt else STATISTICS,
        "type": "Learning (ML/DL)" if learnt else "Statistical",
    }


def _finding_info(threat: Threat, event_ms: int, scored_ms: int) -> dict[str, Any]:
    title = f"{threat.threat_class.value.replace('_', ' ').capitalize()} by {threat.entity}"
    info: dict[str, Any] = {
        "uid": str(threat.threat_id),
        "title": title if threat.basis == Basis.EVENT else f"Risk of {threat.entity}, above all: {title}",
        "analytic": _analytic(threat),
        "created_time": scored_ms,
        "first_seen_time": event_ms,
        "last_seen_time": event_ms,
        "related_events": [{"uid": str(event_id)} for event_id in threat.event_ids],
    }
    if threat.attack:
        info["attacks"] = [
            {
                "version": "17",
                "tactic": {"uid": threat.attack.tactic_id, "name": threat.attack.tactic},
                "technique": {"uid": threat.attack.technique_id, "name": threat.attack.technique},
            }
        ]
    return info


def _anomaly_analysis(threat: Threat) -> dict[str, Any]:
    """Return the top features as OCSF anomalies: what was observed and what was expected."""
    usual = "usual in benign traffic" if threat.basis == Basis.EVENT else "points without notable events"
    return {
        "analysis_targets": [{"name": threat.entity, "type": "entity"}],
        "anomalies": [
            {
                "observation_parameter": reason.name,
                "observed_pattern": "missing" if reason.observed is None else f"{reason.observed:g}",
                "observations": [{"value": f"contribution {reason.contribution:g}"}],
            }
            for reason in threat.contributions
        ],
        "baselines": [
            {
                "observation_parameter": reason.name,
                "observed_pattern": "missing" if reason.expected is None else f"{reason.expected:g}",
                "observations": [{"value": usual}],
            }
            for reason in threat.contributions
        ],
    }


def _observables(threat: Threat) -> list[dict[str, Any]]:
    addresses = (("evidences[].src_endpoint.ip", threat.src_ip), ("evidences[].dst_endpoint.ip", threat.dst_ip))
    return [{"name": name, "type_id": 2, "type": "IP Address", "value": ip} for name, ip in addresses if ip]


def _evidence(threat: Threat) -> dict[str, Any]:
    source = {"ip": threat.src_ip} if threat.src_ip else {"name": threat.entity}
    target = {name: value for name, value in (("ip", threat.dst_ip), ("port", threat.dst_port)) if value is not None}
    return {"src_endpoint": source, **({"dst_endpoint": target} if target else {})}
