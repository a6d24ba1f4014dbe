"""Builds the part of a statement that filters threats: fixed text, values bound by number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: What may be filtered, by the names of the API, and its SQL. `t` is threats, `g` triage.
COLUMNS: Mapping[str, str] = {
    "severity": "t.severity",
    "threat_class": "t.threat_class",
    "basis": "t.basis",
    "entity": "t.entity",
    "src_ip": "t.src_ip",
    "dst_ip": "t.dst_ip",
    "dst_port": "t.dst_port",
    "sensor": "t.sensor",
    "status": "coalesce(g.status, 'new')",
    "assignee": "g.assignee",
    "verdict": "g.verdict",
}
TYPES: Mapping[str, str] = {"src_ip": "inet", "dst_ip": "inet", "dst_port": "int"}

SUPPRESSED = """EXISTS (SELECT FROM active s WHERE (s.entity IS NULL OR s.entity = t.entity)
    AND (s.threat_class IS NULL OR s.threat_class = t.threat_class)
    AND (s.src_ip IS NULL OR s.src_ip = t.src_ip) AND (s.dst_ip IS NULL OR s.dst_ip = t.dst_ip)
    AND (s.dst_port IS NULL OR s.dst_port = t.dst_port)
    AND (s.sensor IS NULL OR s.sensor = t.sensor))"""
ACTIVE = "active AS MATERIALIZED (SELECT * FROM active_suppressions)"

_ALL = "threats t LEFT JOIN triage g ON g.threat_id = t.threat_id"
#: For threats that somebody touched: a few among many, and triage has them in order of time.
_TOUCHED = "triage g JOIN threats t ON t.event_time = g.event_time AND t.threat_id = g.threat_id"
#: For one address: what three indexes find, once each.
_ADDRESS = """(SELECT event_time, threat_id FROM threats WHERE entity = {text}
    UNION SELECT event_time, threat_id FROM threats WHERE src_ip = {inet}
    UNION SELECT event_time, threat_id FROM threats WHERE dst_ip = {inet}) f
    JOIN threats t ON t.event_time = f.event_time AND t.threat_id = f.threat_id
    LEFT JOIN triage g ON g.threat_id = t.threat_id"""


class Where:
    """Conditions and their values. Values never become text of the statement."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._conditions: list[str] = []
        self._source = _ALL
        self._suppressed = "false"

    def bind(self, value: Any, type_: str) -> str:
        """Bind a value and return what stands for it."""
        self.values.append(value)
        return f"${len(self.values)}::{type_}"

    def one_of(self, name: str, included: Sequence[Any], excluded: Sequence[Any]) -> None:
        """Ask that a column has one of these values, and none of those."""
        column, type_ = COLUMNS[name], TYPES.get(name, "text")
        if included:
            self._conditions.append(self._among(column, included, type_))
        if excluded:
            self._conditions.append(f"({column} IS NULL OR {column} <> ALL({self.bind(list(excluded), type_ + '[]')}))")
        if included and (name in {"assignee", "verdict"} or (name == "status" and "new" not in included)):
            self._source = _TOUCHED  # an address, which is bound later, finds fewer still

    def between(self, from_time: float | None, to_time: float | None) -> None:
        """Ask for event times from the first, before the second."""
        if from_time is not None:
            self._conditions.append(f"t.event_time >= {self.bind(from_time, 'timestamptz')}")
        if to_time is not None:
            self._conditions.append(f"t.event_time < {self.bind(to_time, 'timestamptz')}")

    def at_least(self, risk: float) -> None:
        """Ask for a risk of at least this."""
        if risk > 0:
            self._conditions.append(f"t.risk >= {self.bind(risk, 'real')}")

    def before(self, event_time: float, threat_id: Any) -> None:
        """Ask for what comes after this threat in a list, newest first. The time stands alone too: it prunes days."""
        at, id_ = self.bind(event_time, "timestamptz"), self.bind(threat_id, "uuid")
        self._conditions += [f"t.event_time <= {at}", f"(t.event_time, t.threat_id) < ({at}, {id_})"]

    def other_than(self, threat_id: Any) -> None:
        """Leave one threat out."""
        self._conditions.append(f"t.threat_id <> {self.bind(threat_id, 'uuid')}")

    def address(self, address: str) -> None:
        """Ask for an address on either side. Three indexes find it; an OR would make the planner use none of them."""
        text, inet = self.bind(address, "text"), self.bind(address, "inet")
        self._source = _ADDRESS.format(text=text, inet=inet)

    def containing(self, text: str) -> None:
        """Ask for a text within the entity or the class."""
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        like = self.bind(f"%{escaped}%", "text")
        self._conditions.append(f"(t.entity ILIKE {like} OR t.threat_class ILIKE {like})")

    def suppressed(self, wanted: str) -> None:
        """Ask for those that are not suppressed ("false"), for those that are ("true"), or for all."""
        if wanted == "all":
            self._suppressed = SUPPRESSED
        else:
            self._conditions.append(SUPPRESSED if wanted == "true" else f"NOT {SUPPRESSED}")
            self._suppressed = wanted

    @property
    def source(self) -> str:
        """The tables, and the conditions on them."""
        return f"{self._source} WHERE {' AND '.join(self._conditions) or 'true'}"

    @property
    def is_suppressed(self) -> str:
        """Whether a row is suppressed."""
        return self._suppressed

    def _among(self, column: str, values: Sequence[Any], type_: str) -> str:
        """One value is compared by itself: then an index on the column also gives the order of time."""
        if len(values) == 1:
            return f"{column} = {self.bind(values[0], type_)}"
        return f"{column} = ANY({self.bind(list(values), type_ + '[]')})"
