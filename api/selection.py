"""A filter of the contract, as conditions for the database and as a test of one item."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api.contract.filter import ThreatFilter
from api.database import canonical
from api.item import Item
from schemas.sql.where import COLUMNS, Where

FIELDS = tuple(COLUMNS)
_VALUE_OF: dict[str, Callable[[str], Any]] = {"src_ip": canonical, "dst_ip": canonical, "dst_port": int}
Test = Callable[[Item], bool]


def where_of(query: ThreatFilter) -> Where:
    """Return the conditions of a filter."""
    where = Where()
    for name in FIELDS:
        where.one_of(name, *_split(name, getattr(query, name)))
    where.between(query.from_time, query.to_time)
    where.at_least(query.min_risk)
    if query.q is not None:
        _search(where, query.q.strip())
    where.suppressed(query.suppressed)
    return where


def where_values(values: Mapping[str, Any], since: float | None = None) -> Where:
    """Return the conditions that these columns have these values, whatever is suppressed."""
    where = Where()
    for name, value in values.items():
        where.one_of(name, [value], [])
    where.between(since, None)
    where.suppressed("all")
    return where


def test_of(query: ThreatFilter) -> Test:
    """Return a function that tells whether an item passes the filter."""
    tests = [*_value_tests(query), *_bound_tests(query)]
    return lambda item: all(test(item) for test in tests)


def _value_tests(query: ThreatFilter) -> list[Test]:
    tests: list[Test] = []
    for name in FIELDS:
        included, excluded = (frozenset(values) for values in _split(name, getattr(query, name)))
        if included:
            tests.append(lambda item, name=name, among=included: getattr(item, name) in among)  # type: ignore[misc]
        if excluded:
            tests.append(lambda item, name=name, among=excluded: getattr(item, name) not in among)  # type: ignore[misc]
    return tests


def _bound_tests(query: ThreatFilter) -> list[Test]:
    tests: list[Test] = []
    if (first := query.from_time) is not None:
        tests.append(lambda item: item.event_time >= first)
    if (end := query.to_time) is not None:
        tests.append(lambda item: item.event_time < end)
    if (risk := query.min_risk) > 0:
        tests.append(lambda item: item.risk >= risk)
    if query.q is not None:
        tests.append(_search_test(query.q.strip()))
    if query.suppressed != "all":
        wanted = query.suppressed == "true"
        tests.append(lambda item: item.suppressed is wanted)
    return tests


def _split(name: str, values: Sequence[str]) -> tuple[list[Any], list[Any]]:
    """Return the values that are included and those that are excluded."""
    value_of = _VALUE_OF.get(name, str)
    included = [value_of(value) for value in values if not value.startswith("!")]
    excluded = [value_of(value[1:]) for value in values if value.startswith("!")]
    return included, excluded


def _search(where: Where, text: str) -> None:
    if (address := _address(text)) is not None:
        where.address(address)
    elif (port := _port(text)) is not None:
        where.one_of("dst_port", [port], [])
    else:
        where.containing(text)


def _search_test(text: str) -> Test:
    if (address := _address(text)) is not None:
        return lambda item: address in {item.entity, item.src_ip, item.dst_ip}
    if (port := _port(text)) is not None:
        return lambda item: item.dst_port == port
    lower = text.lower()
    return lambda item: any(lower in part.lower() for part in (item.entity, item.threat_class))


def _address(text: str) -> str | None:
    try:
        return canonical(text)
    except ValueError:
        return None


def _port(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65_535 else None
