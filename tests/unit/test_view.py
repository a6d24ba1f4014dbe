"""The live view: what it computes from two readings of the metrics, and what it draws."""

from __future__ import annotations

import io
import math
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client import Histogram as Prometheus
from rich.console import Console

from ironcore.view.metrics import Histogram, metrics_from_text, quantile
from ironcore.view.render import PLAIN_EVERY_S, follow, line, render
from ironcore.view.snapshot import Flow, Snapshot, Watch
from ironcore.view.words import compact, duration, milliseconds, sparkline
from schemas.threat import Contribution, Severity, Threat, ThreatClass
from streams.metrics import Metrics as WorkerMetrics

THREAT = Threat(
    threat_id=UUID(int=1),
    event_ids=[UUID(int=2)],
    entity="192.88.99.231",
    severity=Severity.CRITICAL,
    threat_class=ThreatClass.SCAN,
    attack=None,
    anomaly=0.9,
    class_probabilities={},
    risk=97.4,
    contributions=[Contribution(name="window_ports", observed=212, expected=3, contribution=2.5)],
    model_name="m",
    model_version="1",
    event_time=1_700_000_000.0,
    scored_time=1_700_000_000.1,
    src_ip="192.88.99.231",
    dst_ip="10.6.0.80",
    dst_port=8080,
)
BUCKETS = Histogram((0.1, 0.5, 1.0, math.inf), (10, 30, 40, 40))


class FakeClock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def _text(worker: WorkerMetrics) -> str:
    return generate_latest(worker.registry).decode()


def _drawn(snapshot: Snapshot, width: int = 80, height: int = 24) -> list[str]:
    console = Console(width=width, height=height, file=io.StringIO(), record=True)
    console.print(render(snapshot, height))
    return console.export_text().splitlines()


@pytest.fixture
def busy() -> Snapshot:
    """A minute of a worker, read once a second."""
    clock, worker = FakeClock(), WorkerMetrics()
    watch = Watch("127.0.0.1:9092", clock)
    worker.model.labels("ironcore-flow", "1.2.3").set(1)
    for second in range(1, 61):
        clock.now = second
        worker.records.inc(100)
        worker.events.labels("flow").inc(60)
        worker.events.labels("dns").inc(40)
        for _ in range(10):
            worker.stage_seconds.labels("store").observe(0.02)
        worker.lag.labels("0").set(7)
        worker.lag.labels("1").set(5)
        watch.read(metrics_from_text(_text(worker)), sent=second * 100)
    worker.threats.labels("critical").inc(12)
    worker.dead_letters.labels("malformed").inc(3)
    worker.cache.labels("written").inc(12)
    worker.cache.labels("error").inc(2)
    watch.read(metrics_from_text(_text(worker)), sent=6000)
    watch.show(THREAT)
    return watch.snapshot()


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        (0.125, 0.05),  # rank 5 of the 10 between 0 and 0.1
        (0.25, 0.1),  # rank 10 ends the first bucket
        (0.5, 0.3),  # rank 20: half of the 20 between 0.1 and 0.5
        (0.95, 0.9),  # rank 38: 8 of the 10 between 0.5 and 1
        (1.0, 1.0),
        (-0.1, -math.inf),
        (1.1, math.inf),
    ],
)
def test_quantiles_worked_by_hand(q: float, expected: float) -> None:
    assert quantile(BUCKETS, q) == pytest.approx(expected)


def test_a_quantile_beyond_the_last_bound_is_that_bound() -> None:
    assert quantile(Histogram((1.0, 2.0, math.inf), (1, 2, 10)), 0.9) == 2.0


def test_the_lowest_bucket_begins_at_zero_unless_its_bound_is_not_positive() -> None:
    assert quantile(Histogram((4.0, math.inf), (2, 2)), 0.5) == 2.0
    assert quantile(Histogram((-1.0, 1.0, math.inf), (2, 4, 4)), 0.25) == -1.0


@pytest.mark.parametrize("empty", [Histogram(), Histogram((1.0, math.inf), (0, 0)), Histogram((math.inf,), (3,))])
def test_no_values_give_no_quantile(empty: Histogram) -> None:
    assert math.isnan(quantile(empty, 0.5))
    assert math.isnan(quantile(BUCKETS, math.nan))


@given(st.lists(st.floats(0.001, 20), min_size=1), st.floats(0.01, 1))
def test_a_quantile_lies_in_the_bucket_of_the_true_one(values: list[float], q: float) -> None:
    registry, bounds = CollectorRegistry(), (0.01, 0.1, 1.0, 10.0)
    prometheus = Prometheus("x", "x", buckets=bounds, registry=registry)
    for value in values:
        prometheus.observe(value)
    found = quantile(metrics_from_text(generate_latest(registry).decode()).histogram("x"), q)
    true = sorted(values)[math.ceil(q * len(values)) - 1]
    low, high = max((b for b in bounds if b < true), default=0.0), min((b for b in bounds if b >= true), default=10.0)
    assert low - 1e-9 <= found <= high + 1e-9


def test_the_values_since_a_reading_are_all_of_them_after_a_restart() -> None:
    earlier = Histogram(BUCKETS.bounds, (5, 10, 15, 15))
    assert BUCKETS.since(earlier).counts == (5, 20, 25, 25)
    assert earlier.since(BUCKETS) == earlier
    assert BUCKETS.since(Histogram()) == BUCKETS


def test_text_that_is_no_metrics_is_refused() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the parser's own words
        metrics_from_text("<html>not found</html>")


def test_totals_sum_over_labels() -> None:
    worker = WorkerMetrics()
    worker.events.labels("dns").inc(2)
    worker.events.labels("flow").inc(3)
    metrics = metrics_from_text(_text(worker))
    assert metrics.total("ironcore_events_total") == 5
    assert metrics.total("ironcore_events_total", kind="dns") == 2
    assert metrics.total("absent") == 0


def test_a_snapshot_has_rates_totals_and_quantiles(busy: Snapshot) -> None:
    assert busy.model == "ironcore-flow 1.2.3"
    assert busy.sent is not None
    assert (busy.sent.total, busy.scored.total) == (6000, 6000)
    assert busy.scored.per_s[:-1] == pytest.approx([100.0] * 59)
    assert (busy.lag_records, busy.dead_letters, busy.threats) == (12, {"malformed": 3}, {"critical": 12})
    store = next(stage for stage in busy.stages if stage.name == "store")
    assert store.handled == 6000
    assert 0.01 < store.seconds.p50 < store.seconds.p95 < 0.025
    assert store.busy == pytest.approx(0.2, rel=0.15)  # ten times 20 ms a second


def test_quantiles_are_those_of_the_window_not_of_all_time() -> None:
    clock, worker = FakeClock(), WorkerMetrics()
    watch = Watch("b:1", clock)
    for second in range(60):
        clock.now = second
        worker.stage_seconds.labels("score").observe(1.0 if second < 40 else 0.001)
        watch.read(metrics_from_text(_text(worker)))
    score = next(stage for stage in watch.snapshot().stages if stage.name == "score")
    assert score.seconds.p95 <= 0.001
    assert watch.snapshot().sent is None


def test_a_restarted_worker_gives_no_negative_rates() -> None:
    clock = FakeClock()
    watch = Watch("b:1", clock)
    for events in (500, 3):
        worker = WorkerMetrics()
        worker.events.labels("dns").inc(events)
        worker.stage_seconds.labels("score").observe(0.01 * events)
        watch.read(metrics_from_text(_text(worker)))
        clock.now += 1
    snapshot = watch.snapshot()
    assert snapshot.scored.per_s == (0.0,)
    assert all(stage.busy >= 0 for stage in snapshot.stages)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (140, 40), (100, 12)])
def test_the_view_fits_and_says_what_it_must(busy: Snapshot, width: int, height: int) -> None:
    lines = _drawn(replace(busy, latest=(THREAT,) * 64), width, height)
    assert max(map(len, lines)) <= width
    assert len(lines) < max(height, 18)
    text = "\n".join(lines)
    head = (
        "ironcore-flow 1.2.3",
        "127.0.0.1:9092",
        "0:01:00",
        "6,000 in all",
        "decode",
        "rows",
        "cache errors",
        "p50 ms",
        "latency p99",
    )
    for part in (*head, "12 critical", "22:13:20", "97", "scan", "192.88.99.231 → 10.6.0.80:8080"):
        assert part in text
    assert ("ports 212, usually 3" in text) == (width > 80)


def test_there_are_as_many_threats_as_fit(busy: Snapshot) -> None:
    crowd = replace(busy, latest=(THREAT,) * 64)
    assert sum("8080" in drawn for drawn in _drawn(crowd, 80, 24)) == 7
    assert sum("8080" in drawn for drawn in _drawn(crowd, 140, 40)) == 23


def test_nothing_known_yet_is_drawn_as_such() -> None:
    text = "\n".join(_drawn(Watch("127.0.0.1:9092", FakeClock()).snapshot()))
    assert "waiting for the worker" in text
    assert "none so far" in text
    assert "nan" not in text


def test_huge_numbers_do_not_break_the_width(busy: Snapshot) -> None:
    stages = tuple(replace(stage, handled=1e15) for stage in busy.stages)
    huge = replace(busy, scored=Flow(1e15, (1e9,) * 300), stages=stages, lag_records=1e12, broker="b" * 200)
    assert max(map(len, _drawn(huge))) <= 80


def test_names_chosen_by_strangers_neither_style_nor_steer_the_terminal(busy: Snapshot) -> None:
    evil = THREAT.model_copy(update={"entity": "[red]a[/nope]\x1b[2J\nb", "dst_ip": None, "dst_port": None})
    drawn = _drawn(replace(busy, latest=(evil,)), 140)
    assert any("[red]a[/nope]\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}b" in text for text in drawn)
    assert "\x1b" not in "".join(drawn)


def test_severities_have_their_colours(busy: Snapshot) -> None:
    console = Console(width=100, height=24, force_terminal=True, color_system="standard", file=io.StringIO())
    console.print(render(busy, 24))
    assert isinstance(console.file, io.StringIO)
    assert "\x1b[1;31mcritical" in console.file.getvalue()


async def _each(snapshots: Iterable[Snapshot], clock: FakeClock, step_s: float) -> AsyncIterator[Snapshot]:
    for snapshot in snapshots:
        yield snapshot
        clock.now += step_s


async def test_without_a_terminal_there_is_a_line_now_and_then_and_the_last_one(busy: Snapshot) -> None:
    clock, out = FakeClock(), io.StringIO()
    snapshots = [replace(busy, uptime_s=second) for second in range(13)]
    await follow(_each(snapshots, clock, 1.0), Console(file=out, width=60), clock)
    lines = out.getvalue().splitlines()
    assert [text.split()[0] for text in lines] == ["0:00:00", "0:00:05", "0:00:10", "0:00:12"]
    assert PLAIN_EVERY_S == 5.0
    assert "\x1b" not in out.getvalue()
    assert lines[0] == line(snapshots[0])


async def test_on_a_terminal_the_last_view_stays_after_the_screen_is_given_back(busy: Snapshot) -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, height=24, force_terminal=True)
    await follow(_each([busy, replace(busy, uptime_s=3723)], FakeClock(), 1.0), console)
    shown, _, after = out.getvalue().rpartition("\x1b[?1049l")  # leaves the alternate screen
    assert "\x1b[?1049h" in shown
    assert "0:01:00" in shown
    assert "1:02:03" in after


def test_words() -> None:
    assert [milliseconds(s) for s in (0.00123, 0.0456, 1.5, math.nan)] == ["1.23", "45.6", "1,500", "-"]
    assert [compact(v) for v in (0.0, 0.25, 212.0, 3400.0, 2.4e8, -5e3)] == ["0", "0.25", "212", "3.4k", "240M", "-5k"]
    assert duration(3723.9) == "1:02:03"


def test_a_sparkline_is_as_wide_as_asked_and_shows_the_latest() -> None:
    assert sparkline([9.0, 0.0, 4.0, 8.0], 3) == "▁▅█"
    assert sparkline([], 4) == "    "
    assert sparkline([0.0, 0.0], 2) == "▁▁"
