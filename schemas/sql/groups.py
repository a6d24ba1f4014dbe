"""Reads groups of repeats: fixed text, values bound by number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas.threat import GROUP_WINDOW_S

_OPEN = f"updated_time > now() - interval '{GROUP_WINDOW_S} s'"
_STATES = {"open": [_OPEN], "closed": [f"NOT {_OPEN}"], "all": []}


def select_groups(  # noqa: PLR0913 - what may be asked for
    *,
    entities: Sequence[str],
    classes: Sequence[str],
    state: str,
    span: tuple[float | None, float | None],
    min_risk: float,
    after: tuple[float, Any] | None,
    limit: int,
) -> tuple[str, list[Any]]:
    """Return a statement and its values: groups, those of the latest window first.

    Args:
        entities: Any of these; all when empty.
        classes: Any of these; all when empty.
        state: open (a threat was added within the last window), closed or all.
        span: Windows that begin from the first and before the second.
        min_risk: Least highest risk.
        after: Window and identifier of the last group of the page before.
        limit: Rows at most.
    """
    values: list[Any] = []
    conditions = list(_STATES[state])

    def bind(value: Any, type_: str) -> str:
        values.append(value)
        return f"${len(values)}::{type_}"

    if entities:
        conditions.append(f"entity = ANY({bind(list(entities), 'text[]')})")
    if classes:
        conditions.append(f"threat_class = ANY({bind(list(classes), 'text[]')})")
    for bound, operator in zip(span, (">=", "<"), strict=True):
        if bound is not None:
            conditions.append(f"window_start {operator} {bind(bound, 'timestamptz')}")
    if min_risk > 0:
        conditions.append(f"max_risk >= {bind(min_risk, 'real')}")
    if after is not None:
        at, id_ = bind(after[0], "timestamptz"), bind(after[1], "uuid")
        conditions.append(f"(window_start, group_id) < ({at}, {id_})")
    text = f"""SELECT *, {_OPEN} AS open FROM threat_groups WHERE {" AND ".join(conditions) or "true"}
ORDER BY window_start DESC, group_id DESC LIMIT {bind(limit, "int")}"""  # noqa: S608 - fixed text
    return text, values
