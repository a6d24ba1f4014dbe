"""Numbers and threats in few characters, for the live view."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from schemas.threat import Contribution, Severity, Threat, ThreatClass

SEVERITY_STYLE = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFORMATIONAL: "dim",
}
SEVERITY_WORD = {severity: severity.value for severity in Severity} | {Severity.INFORMATIONAL: "info"}
CLASS_WORD = {threat_class: threat_class.value.replace("_", " ") for threat_class in ThreatClass} | {
    ThreatClass.DENIAL_OF_SERVICE: "DoS",
    ThreatClass.COMMAND_AND_CONTROL: "C2",
}
_BARS = "▁▂▃▄▅▆▇█"
_UNITS = ("", "k", "M", "G", "T", "P", "E")


def milliseconds(seconds: float) -> str:
    """Write a time in ms with three significant digits below 100; a dash for NaN."""
    if math.isnan(seconds):
        return "-"
    value = seconds * 1000
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def compact(value: float) -> str:
    """Write a number in at most five characters or so: 0.25, 12, 3.4k, 56M."""
    if abs(value) < 1000:
        return f"{value:.3g}"
    power = min(int(math.log10(abs(value)) / 3), len(_UNITS) - 1)
    return f"{value / 1000**power:.3g}{_UNITS[power]}"


def duration(seconds: float) -> str:
    """Write a time as h:mm:ss."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def sparkline(values: Sequence[float], width: int) -> str:
    """Draw the latest `width` values, at least one, on a scale from 0 to the highest of them."""
    shown = values[-width:]
    top = max(shown, default=0.0) or 1.0
    return "".join(_BARS[min(int(value / top * len(_BARS)), len(_BARS) - 1)] for value in shown).rjust(width)


def endpoints(threat: Threat) -> str:
    """Write who did it to whom."""
    target = threat.dst_ip or ""
    if threat.dst_port is not None:
        target += f":{threat.dst_port}"
    return printable(f"{threat.entity} → {target}" if target else threat.entity)


def reason(threat: Threat) -> str:
    """Write the strongest reason, the most telling words first: the feature, what was seen and what is usual."""
    if not threat.contributions:
        return ""
    first: Contribution = threat.contributions[0]
    seen = "missing" if first.observed is None else compact(first.observed)
    usual = "" if first.expected is None else f", usually {compact(first.expected)}"
    return printable(f"{first.name.removeprefix('window_').replace('_', ' ')} {seen}{usual}")


def printable(text: str) -> str:
    """Replace what would steer the terminal: names in threats are chosen by strangers."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def clock_time(event_time: float) -> str:
    """Write the time of day in UTC."""
    return f"{datetime.fromtimestamp(event_time, UTC):%H:%M:%S}"
