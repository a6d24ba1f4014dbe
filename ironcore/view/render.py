"""The live view of a pipeline in the terminal, for `ironcore demo` and `ironcore status --watch`."""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, Callable, Iterable

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ironcore.view.snapshot import Flow, Snapshot
from ironcore.view.words import (
    CLASS_WORD,
    SEVERITY_STYLE,
    SEVERITY_WORD,
    clock_time,
    compact,
    duration,
    endpoints,
    milliseconds,
    reason,
    sparkline,
)
from schemas.threat import Severity

#: Lines above the threats and the one that a terminal keeps for its cursor.
_FIXED_ROWS = 17
_SPARK = 36
#: Where there is no terminal, one line in this time.
PLAIN_EVERY_S = 5.0


def render(snapshot: Snapshot, rows: int = 24) -> RenderableType:
    """Return the view as tall as `rows` allows; it takes the width of the console, 80 columns or more."""
    return Group(
        _header(snapshot),
        Rule(Text(snapshot.dashboard, style="cyan"), style="bright_black"),
        _flows(snapshot),
        "",
        _beside(_stages(snapshot), _health(snapshot)),
        "",
        _severities(snapshot),
        _threats(snapshot, max(rows - _FIXED_ROWS, 1)),
    )


def line(snapshot: Snapshot) -> str:
    """Return the view in one line of plain text."""
    latency = "/".join(milliseconds(value) for value in snapshot.end_to_end)
    parts = [
        duration(snapshot.uptime_s),
        *([f"sent {snapshot.sent.total:,.0f}"] if snapshot.sent else []),
        f"scored {snapshot.scored.total:,.0f} ({_now(snapshot.scored)}/s)",
        f"latency p50/p95/p99 {latency} ms",
        f"lag {snapshot.lag_records:,.0f}",
        f"threats {sum(snapshot.threats.values()):,.0f}",
        f"dead letters {sum(snapshot.dead_letters.values()):,.0f}",
    ]
    return "  ".join(parts)


async def follow(
    snapshots: AsyncIterable[Snapshot], console: Console, clock: Callable[[], float] = time.monotonic
) -> None:
    """Show snapshots as they come, until they end; the last one stays on the screen."""
    await (_follow_live(snapshots, console) if console.is_terminal else _follow_plain(snapshots, console, clock))


async def _follow_live(snapshots: AsyncIterable[Snapshot], console: Console) -> None:
    latest: Snapshot | None = None
    try:
        with Live(console=console, screen=True, auto_refresh=False) as live:
            async for latest in snapshots:
                live.update(render(latest, console.height), refresh=True)
    finally:
        if latest is not None:
            console.print(render(latest, console.height))


async def _follow_plain(snapshots: AsyncIterable[Snapshot], console: Console, clock: Callable[[], float]) -> None:
    unseen: Snapshot | None = None
    due_s = clock()
    async for snapshot in snapshots:
        unseen = snapshot
        if clock() >= due_s:
            _print_line(console, unseen)
            unseen, due_s = None, clock() + PLAIN_EVERY_S
    if unseen is not None:
        _print_line(console, unseen)


def _print_line(console: Console, snapshot: Snapshot) -> None:
    console.print(line(snapshot), soft_wrap=True, highlight=False, markup=False)


def _header(snapshot: Snapshot) -> RenderableType:
    table = Table.grid(expand=True, padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, no_wrap=True, style="dim")
    table.add_column(no_wrap=True, style="dim", justify="right")
    where = Text(f"{snapshot.broker}  up {duration(snapshot.uptime_s)}")
    table.add_row(Text("IRONCORE", style="bold cyan"), Text(snapshot.model or "waiting for the worker"), where)
    return table


def _flows(snapshot: Snapshot) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(justify="right", min_width=9, no_wrap=True, style="bold")
    table.add_column(no_wrap=True, style="cyan")
    table.add_column(justify="right", min_width=12, no_wrap=True, style="dim")
    for name, flow in (("sent", snapshot.sent), ("scored", snapshot.scored)):
        if flow is not None:
            table.add_row(name, f"{_now(flow)} /s", sparkline(flow.per_s, _SPARK), f"{flow.total:,.0f} in all")
    return table


def _now(flow: Flow) -> str:
    return f"{flow.per_s[-1]:,.0f}" if flow.per_s else "-"


def _beside(left: RenderableType, right: RenderableType) -> RenderableType:
    table = Table.grid(padding=(0, 4))
    table.add_row(left, right)
    return table


def _stages(snapshot: Snapshot) -> RenderableType:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("stage", no_wrap=True, min_width=8)
    for name, width in (("handled", 11), ("p50 ms", 7), ("p95 ms", 7), ("busy", 5)):
        table.add_column(name, justify="right", no_wrap=True, min_width=width)
    for stage in snapshot.stages:
        quantiles = (milliseconds(stage.seconds.p50), milliseconds(stage.seconds.p95))
        table.add_row(stage.name, f"{stage.handled:,.0f}", *quantiles, f"{stage.busy:.0%}")
    return table


def _health(snapshot: Snapshot) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for name, value in _health_rows(snapshot):
        table.add_row(name, value)
    return table


def _health_rows(snapshot: Snapshot) -> Iterable[tuple[str, RenderableType]]:
    end_to_end, cache = snapshot.end_to_end, snapshot.cache
    for name, seconds in zip(end_to_end._fields, end_to_end, strict=True):
        yield f"latency {name}", Text(f"{milliseconds(seconds)} ms", style="bold")
    yield "lag", f"{snapshot.lag_records:,.0f}"
    yield "dead letters", _alarming(sum(snapshot.dead_letters.values()))
    yield "cached", compact(cache.get("written", 0.0))
    yield "cache errors", _alarming(cache.get("error", 0.0))
    yield "retries", _alarming(snapshot.retries)


def _alarming(value: float) -> Text:
    return Text(f"{value:,.0f}", style="yellow" if value else "")


def _severities(snapshot: Snapshot) -> RenderableType:
    text = Text("threats", style="bold")
    for severity in reversed(Severity):
        if count := snapshot.threats.get(severity.value):
            text.append("  ")
            text.append(f"{count:,.0f} {SEVERITY_WORD[severity]}", style=SEVERITY_STYLE[severity])
    return text if snapshot.threats else text.append("  none so far", style="dim")


def _threats(snapshot: Snapshot, rows: int) -> RenderableType:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim", expand=True)
    table.add_column("time", no_wrap=True, style="dim", width=8)
    table.add_column("severity", no_wrap=True, width=8)
    table.add_column("risk", no_wrap=True, justify="right", width=4)
    table.add_column("class", no_wrap=True, width=12)
    table.add_column("who → to whom", no_wrap=True, min_width=28, max_width=44)
    table.add_column("why", no_wrap=True, ratio=1, style="dim")
    for threat in snapshot.latest[:rows]:
        style = SEVERITY_STYLE[threat.severity]
        table.add_row(
            clock_time(threat.event_time),
            Text(SEVERITY_WORD[threat.severity], style=style),
            Text(f"{threat.risk:.0f}", style=style),
            CLASS_WORD[threat.threat_class],
            Text(endpoints(threat)),  # as it is: a name may look like markup
            Text(reason(threat)),
        )
    return table
