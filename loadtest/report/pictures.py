"""Three pictures: throughput against peers and limit, latency against load, where the time of an event goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl

mpl.use("svg")  # no window; set before pyplot is imported

import matplotlib.pyplot as plt

from loadtest.drivers.contestants import ALL, IRONCORE

OURS, THEIRS, LIMIT, GRID = "#0b5fa5", "#9aa7b3", "#c2452d", "#dfe4e8"
PERCENTILES = {"p50": "#0b5fa5", "p95": "#e08a1e", "p99": "#c2452d"}
SIZE = (8.0, 3.6)
STYLE: Any = {
    "font.family": "sans-serif", "font.size": 10, "axes.spines.top": False, "axes.spines.right": False,
    "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.titlepad": 10,
    "svg.hashsalt": "ironcore", "svg.fonttype": "none",
}  # fmt: skip


class Picture(NamedTuple):
    """What it says, the measurements that it is drawn from, and how."""

    title: str
    needs: Sequence[str]
    paint: Callable[[Any, Mapping[str, Any]], None]


def draw(result: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw what was measured, as SVG, and return the files. A picture whose measurement is missing is left out."""
    found = result["measurements"]
    folder.mkdir(parents=True, exist_ok=True)
    return [_save(folder / f"{name}.svg", PICTURES[name].paint, found) for name, _ in drawn(found)]


def drawn(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return name and title of each picture whose measurements are there."""
    return [(name, of.title) for name, of in PICTURES.items() if all(needed in found for needed in of.needs)]


def _save(file: Path, paint: Callable[[Any, Mapping[str, Any]], None], found: Mapping[str, Any]) -> Path:
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=SIZE, layout="constrained")
        paint(axes, found)
        figure.savefig(file, metadata={"Date": None})
        plt.close(figure)
    return file


def _throughput(axes: Any, found: Mapping[str, Any]) -> None:
    measured = found["throughput"]["contestants"]
    shown = [contestant for contestant in reversed(ALL) if contestant.name in measured]
    spreads = [measured[contestant.name]["events_per_cpu_s"] for contestant in shown]
    medians = [spread["median"] for spread in spreads]
    bars = axes.barh(
        [contestant.shown for contestant in shown],
        medians,
        xerr=[
            [spread["median"] - spread["low"] for spread in spreads],
            [spread["high"] - spread["median"] for spread in spreads],
        ],
        color=[OURS if contestant == IRONCORE else THEIRS for contestant in shown],
        error_kw={"ecolor": "#4a5560", "capsize": 3, "linewidth": 1},
    )
    axes.bar_label(bars, [f"{median:,.0f}" for median in medians], padding=14)
    limit = found["throughput"]["limit"]["per_cpu_s"]["median"]
    axes.axvline(limit, color=LIMIT, linewidth=1.5, linestyle="--")
    axes.annotate(
        f"limit of the parts\n{limit:,.0f}", (limit, 0.04), xycoords=("data", "axes fraction"), xytext=(-6, 0),
        textcoords="offset points", ha="right", va="bottom", color=LIMIT,
    )  # fmt: skip
    axes.set(xlim=(0, 1.12 * max(limit, *medians)), title="Whole job: events per CPU second of the worker process")
    _thousands(axes.xaxis)


def _latency(axes: Any, found: Mapping[str, Any]) -> None:
    loads = [found["latency"]["idle"], *found["latency"]["loads"]]
    rates = [load["events_per_s"] for load in loads]
    for name, colour in PERCENTILES.items():
        values = [load[name] for load in loads]
        axes.plot(rates, values, marker="o", color=colour, linewidth=1.8)
        axes.annotate(
            name, (rates[-1], values[-1]), xytext=(8, 0), textcoords="offset points", color=colour, va="center"
        )
    axes.axvline(found["latency"]["saturated_per_s"], color=LIMIT, linewidth=1.2, linestyle="--")
    axes.annotate(
        "saturated", (found["latency"]["saturated_per_s"], 0.98), xycoords=("data", "axes fraction"), xytext=(-6, 0),
        textcoords="offset points", ha="right", va="top", color=LIMIT,
    )  # fmt: skip
    axes.set(
        ylim=(0, None),
        xlim=(0, 1.05 * found["latency"]["saturated_per_s"]),
        xlabel="events per second",
        ylabel="milliseconds",
        title="From the producer's send to the published threat",
    )
    axes.grid(axis="y", color=GRID)
    _thousands(axes.xaxis)


def _time_of_an_event(axes: Any, found: Mapping[str, Any]) -> None:
    costs = dict(found["throughput"]["limit"]["cost_us"])
    per_cpu_s = found["throughput"]["contestants"][IRONCORE.name]["events_per_cpu_s"]["median"]
    costs["what joins them"] = max(1e6 / per_cpu_s - sum(costs.values()), 0.0)
    names, values = list(reversed(costs)), list(reversed(costs.values()))
    bars = axes.barh(names, values, color=[LIMIT if name == "what joins them" else OURS for name in names])
    axes.bar_label(bars, [f"{value:.2f} µs" for value in values], padding=4)
    axes.set(
        xlim=(0, 1.15 * max(values)),
        xlabel="CPU microseconds",
        title=f"Where the {1e6 / per_cpu_s:.1f} CPU µs of an event go: bare parts, and the rest",
    )


def _thousands(axis: Any) -> None:
    axis.set_major_formatter(lambda value, _: f"{value:,.0f}")


PICTURES: Mapping[str, Picture] = {
    "throughput": Picture("Throughput against peers and limit", ("throughput",), _throughput),
    "latency": Picture("Latency against load", ("latency",), _latency),
    "time-of-an-event": Picture("Where the time of an event goes", ("throughput",), _time_of_an_event),
}
