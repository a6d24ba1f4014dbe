"""Tables of a result: on the terminal, and in `docs/performance.md` between its marks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from loadtest.drivers.contestants import ALL, IRONCORE
from loadtest.report.pictures import drawn

DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- generated: {name} -->\n", "<!-- end -->"

#: What issue 4 asked for: figure by its path, how it reads, its bound, and whether the bound is a floor.
TARGETS: Sequence[tuple[str, str, float, bool]] = (
    ("events_per_cpu_s", "events per CPU second of the worker", 100_000, True),
    ("ratio_to_limit", "of the limit of the bare parts", 0.6, True),
    ("ratio_to_plain_faust", "times a plain Faust agent", 10, True),
    ("ratio_to_quix", "times Quix Streams", 1, True),
    ("ratio_to_faststream", "times FastStream", 1, True),
    ("latency_ms.half_load.p50", "ms, half load, p50", 25, False),
    ("latency_ms.half_load.p95", "ms, half load, p95", 50, False),
    ("latency_ms.half_load.p99", "ms, half load, p99", 100, False),
    ("latency_ms.idle.p50", "ms, 100 events/s, p50", 15, False),
    ("scorer_ms.batch_32", "ms, three heads, batch of 32", 0.5, False),
    ("scorer_ms.batch_1024", "ms, three heads, batch of 1,024", 1.5, False),
    ("rss_mb", "MB resident", 700, False),
    ("rss_growth_pct", "% growth under full load, 1,000,000 sources", 1, False),
    ("scale_2_workers", "times one worker's rate with two", 1.8, True),
    ("first_event_s", "s from start to the first scored event", 8, False),
    ("takeover_s", "s from SIGKILL to another's first event", 10, False),
    ("query_p95_ms.latest_threats", "ms p95, latest threats by severity", 15, False),
    ("query_p95_ms.entity_history", "ms p95, one entity's history", 15, False),
    ("query_p95_ms.counts", "ms p95, counts per class and hour", 15, False),
    ("cache_hit_ratio", "of hot reads from the cache", 0.94, True),
)  # fmt: skip


def show(result: Mapping[str, Any]) -> None:
    """Print the figures beside what was asked for."""
    table = Table("figure", "wanted", "measured", "", box=None, padding=(0, 2))
    for row in _target_rows(result["figures"]):
        table.add_row(*row)
    Console().print(table)


def rewrite(result: Mapping[str, Any], document: Path = DOCUMENT) -> None:
    """Put a result's tables into the document, each between its marks; the text around them stays."""
    text = document.read_text("utf-8")
    for name, table in tables_of(result).items():
        begin = BEGIN.format(name=name)
        before, mark, rest = text.partition(begin)
        if mark:
            _, _, after = rest.partition(END)
            text = f"{before}{begin}{table}{END}{after}"
    document.write_text(text, "utf-8")


def tables_of(result: Mapping[str, Any]) -> dict[str, str]:
    """Return the Markdown of a result by name; what was not measured is left out."""
    found = result["measurements"]
    tables = {
        "machine": _markdown(("", ""), _machine_rows(result["machine"], found)),
        "figures": _markdown(("figure", "wanted", "measured", ""), _target_rows(result["figures"])),
    }
    if pictures := drawn(found):
        tables["pictures"] = "".join(f"![{title}](../loadtest/results/{name}.svg)\n" for name, title in pictures)
    if "throughput" in found:
        heads: Sequence[str] = (
            "",
            "events per CPU second",
            "spread",
            "events/s",
            "peak rows/s",
            "worker",
            "broker",
            "PostgreSQL",
            "Valkey",
        )
        tables["throughput"] = _markdown(heads, _contestant_rows(found["throughput"]["contestants"]))
        heads = ("part", "what", "CPU µs an event", "share")
        tables["limit"] = _markdown(heads, _part_rows(found["throughput"]["limit"]))
    if "latency" in found:
        heads = ("load", "events/s", "p50 ms", "p95 ms", "p99 ms", "threats")
        tables["latency"] = _markdown(heads, _load_rows(found["latency"]))
    if "scaling" in found:
        heads = ("", "one worker, events/s", "two workers, events/s", "times", "cores used by two")
        tables["scaling"] = _markdown(heads, _scaling_rows(found["scaling"]))
    if "queries" in found:
        tables["queries"] = _markdown(("query", "p50 ms", "p95 ms", "p99 ms"), _query_rows(found["queries"]))
    return tables


def _markdown(heads: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _target_rows(figures: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    for path, shown, bound, is_floor in TARGETS:
        value: Any = figures
        for name in path.split("."):
            value = value[name]
        wanted = f"{'at least' if is_floor else 'below'} {bound:,g}"
        yield (
            shown,
            wanted,
            "not measured" if value is None else f"{value:,g}",
            _verdict(value, bound, is_floor=is_floor),
        )


def _verdict(value: float | None, bound: float, *, is_floor: bool) -> str:
    if value is None:
        return ""
    return "met" if (value >= bound if is_floor else value < bound) else "missed"


def _machine_rows(machine: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    yield "machine", f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_gb']} GB, {machine['system']}"
    yield "servers", "; ".join(machine["servers"].values())
    yield "libraries", ", ".join(f"{name} {number}" for name, number in machine["libraries"].items())
    yield "Python, revision", f"{machine['python']}, {machine['revision']}"
    if traffic := found.get("throughput", {}).get("traffic"):
        yield "traffic", json.dumps(traffic).strip("{}").replace('"', "")


def _contestant_rows(measured: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    for contestant in ALL:
        if contestant.name in measured:
            found = measured[contestant.name]
            per_cpu_s = found["events_per_cpu_s"]
            yield (
                f"**{contestant.shown}**" if contestant == IRONCORE else contestant.shown,
                f"{per_cpu_s['median']:,.0f}",
                f"{per_cpu_s['low']:,.0f} to {per_cpu_s['high']:,.0f}",
                f"{found['events_per_s']['median']:,.0f}",
                f"{found['peak_rows_per_s']:,.0f}",
                *(f"{found['cpu_share'][part]['median']:.2f}" for part in ("worker", "broker", "postgres", "redis")),
            )


def _part_rows(limit: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    costs, per_cpu_s = limit["cost_us"], limit["per_cpu_s"]
    for part, cost in costs.items():
        yield part, limit["what"][part], f"{cost:.2f}", f"{cost / sum(costs.values()):.0%}"
    shown = f"{per_cpu_s['median']:,.0f} events per CPU second ({per_cpu_s['low']:,.0f} to {per_cpu_s['high']:,.0f})"
    yield "**limit**", f"median of the rounds, as each part is: {shown}", f"{1e6 / per_cpu_s['median']:.2f}", ""
    own = "consume_slabs"
    yield "not counted", f"consume: {limit['what'][own]}", f"{limit['measured_us'][own]:.2f}", ""


def _load_rows(latency: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    loads = {f"{load['share']:.0%} of the saturated rate": load for load in latency["loads"]}
    spread = {"50% of the saturated rate, threats spread evenly": latency["spread_half_load"]}
    for shown, load in ({"100 events/s": latency["idle"]} | loads | spread).items():
        yield (
            shown,
            f"{load['events_per_s']:,.0f}",
            *(f"{load[name]:.1f}" for name in ("p50", "p95", "p99")),
            f"{load['threats']:,}",
        )


def _scaling_rows(scaling: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    for kind, shown in (("quoted", f"{scaling['quota_share']:.0%} of a core each"), ("free", "no quota")):
        pair = scaling[kind]
        yield (
            shown,
            *(f"{pair[count]['events_per_s']:,.0f}" for count in ("one", "two")),
            f"{pair['ratio']:.2f}",
            ", ".join(f"{part} {used:.2f}" for part, used in pair["two"]["cores_used"].items()),
        )


def _query_rows(queries: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    for name, found in queries["queries"].items():
        yield name.replace("_", " "), *(f"{found[percentile]:.2f}" for percentile in ("p50", "p95", "p99"))
