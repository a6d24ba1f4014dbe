"""One entity, and who talks to whom."""

from __future__ import annotations

from typing import Any

import asyncpg

from api.contract.threats import LinkQuery
from api.errors import ProblemError
from api.reading.encode import encode
from api.reading.threats import newest
from api.selection import where_of, where_values
from schemas.sql import reading
from schemas.sql.entity_risk import SELECT_RISK_SCORE

COUNTED, PARTS, RECENT = 10_000, 60, 50


async def entity(pool: asyncpg.Pool, name: str) -> bytes:
    """Return what is known of an entity. Raises ProblemError (404)."""
    async with pool.acquire() as connection:
        seen = await connection.fetchrow(reading.SELECT_ENTITY_EVENTS, name, COUNTED + 1)
        if seen["first_seen"] is None:
            raise ProblemError(404, f"there is no event of an entity {name!r}")
        parts = await connection.fetch(reading.SELECT_ENTITY_RISK, name, COUNTED + 1, PARTS)
        score = await connection.fetchval(SELECT_RISK_SCORE, name)
        recent = await newest(connection, where_values({"entity": name}), RECENT)
    threats = sum(part["threats"] for part in parts)
    return encode({
        "entity": name,
        "first_seen": seen["first_seen"],
        "last_seen": seen["last_seen"],
        "events": min(seen["events"], COUNTED),
        "threats": min(threats, COUNTED),
        "complete": seen["events"] <= COUNTED and threats <= COUNTED,
        "risk_score": round(score, 2),
        "risk": _risk(parts),
        "by_class": _by_class(parts),
        "recent": recent,
    })  # fmt: skip


async def links(pool: asyncpg.Pool, query: LinkQuery, rows: int) -> bytes:
    """Return the most dangerous links, and who is at their ends."""
    where = where_of(query)
    found = await pool.fetch(reading.links(where, rows + 1, query.limit), *where.values)
    links = [{**{k: row[k] for k in _LINK}, "max_risk": round(row["max_risk"], 2)} for row in found]
    nodes: dict[str, dict[str, Any]] = {}
    for link in links:
        for end in {link["source"], link["target"]}:
            node = nodes.setdefault(end, {"id": end, "threats": 0, "max_risk": 0.0})
            node["threats"] += link["count"]
            node["max_risk"] = max(node["max_risk"], link["max_risk"])
    complete = not found or found[0]["seen"] <= rows
    return encode({"nodes": list(nodes.values()), "links": links, "complete": complete})


_LINK = ("source", "target", "count", "threat_class")


def _risk(parts: list[Any]) -> list[dict[str, Any]]:
    points: dict[int, dict[str, Any]] = {}
    for part in parts:
        begins = part["begin"] + part["bucket"] * part["length"]
        point = points.setdefault(part["bucket"], {"time": begins, "max_risk": 0.0, "threats": 0})
        point["max_risk"] = max(point["max_risk"], round(part["max_risk"], 2))
        point["threats"] += part["threats"]
    return list(points.values())


def _by_class(parts: list[Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in parts:
        found[part["threat_class"]] = found.get(part["threat_class"], 0) + part["threats"]
    return found
