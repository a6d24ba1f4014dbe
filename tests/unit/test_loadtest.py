"""The pure parts of the load tests: percentiles, what a drain's looks say, the limit, the figures, the workload."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from loadtest.drivers.drain import Sample, peak_per_s, steady
from loadtest.errors import BenchError
from loadtest.measurements.hot_reads import zipf_ranks
from loadtest.measurements.limit import limit_per_cpu_s, summary
from loadtest.measurements.memory import growth_pct
from loadtest.measurements.throughput import ratio
from loadtest.peers import database
from loadtest.registry import MEASUREMENTS
from loadtest.report import results, tables
from loadtest.report.figures import figures_of
from loadtest.report.machine import describe_machine
from loadtest.report.pictures import draw
from loadtest.run import chosen
from loadtest.statistics import percentiles, spread
from loadtest.workload.live import Loop, loop_of, spread_threats
from loadtest.workload.traffic import Record, evenly, partition_of
from schemas.event import Event
from schemas.formats import decode_record

VALUE = (
    b'{"kind":"flow","event_time":1795630103.157784,"source_id":"CfOEsc14YWsziRu57","sensor":"s","src_ip":"10.2.1.4",'
    b'"src_port":50323,"dst_ip":"192.175.48.7","dst_port":443,"proto":"tcp","flow":{"conn_state":"S0"}}'
)
ISSUE_KEYS = {
    "events_per_cpu_s", "events_per_s", "limit_per_cpu_s", "ratio_to_limit", "ratio_to_plain_faust", "ratio_to_quix",
    "ratio_to_faststream", "latency_ms", "scorer_ms", "rss_mb", "rss_growth_pct", "scale_2_workers", "first_event_s",
    "takeover_s", "query_p95_ms", "cache_hit_ratio",
}  # fmt: skip


def found() -> dict[str, Any]:
    """A whole run's measurements, in round numbers."""

    def contestant(per_cpu_s: float) -> dict[str, Any]:
        share = dict.fromkeys(("worker", "broker", "postgres", "redis"), spread([0.5]))
        rates = [per_cpu_s - 1000, per_cpu_s, per_cpu_s + 1000]
        return {
            "events_per_cpu_s": spread(rates),
            "events_per_s": spread([50_000.0]),
            "cpu_share": share,
            "peak_rows_per_s": 60_000.0,
        }

    load = {"events_per_s": 25_000.0, "threats": 1000, "p50": 10.0, "p95": 20.0, "p99": 30.0}
    runs = {
        "one": {"events_per_s": 10_000.0},
        "two": {"events_per_s": 19_000.0, "cores_used": {"worker": 0.5}},
        "ratio": 1.9,
    }
    return {
        "throughput": {
            "traffic": {"records": 10},
            "contestants": {
                "ironcore": contestant(100_000.0),
                "plain_faust": contestant(5_000.0),
                "quix": contestant(50_000.0),
                "faststream": contestant(40_000.0),
            },
            "limit": {
                "per_cpu_s": spread([120_000.0, 125_000.0, 130_000.0]),
                "cost_us": {"consume": 2.0, "decode": 6.0},
                "measured_us": {"consume": 2.0, "decode": 6.0, "consume_slabs": 1.0},
                "what": {"consume": "getmany", "decode": "msgspec", "consume_slabs": "ours"},
            },
            "ratios": {
                "limit": spread([0.7, 0.8, 0.9]),
                "plain_faust": spread([20.0]),
                "quix": spread([2.0]),
                "faststream": spread([2.5]),
            },
        },
        "latency": {
            "saturated_per_s": 50_000.0,
            "idle": load | {"events_per_s": 100.0},
            "half_load": load,
            "loads": [{"share": 0.5} | load],
            "spread_half_load": load,
        },
        "scorer": {"batch_32": {"median_ms": 0.4}, "batch_1024": {"median_ms": 1.2}},
        "memory": {"rss_mb": 650.0, "rss_growth_pct": 0.5},
        "scaling": {"quota_share": 0.25, "quoted": runs | {"ratio": 3.8}, "free": runs},
        "recovery": {"first_event_s": 7.0, "takeover_s": 9.0},
        "queries": {
            "queries": {
                name: {"p50": 1.0, "p95": 2.0, "p99": 3.0} for name in ("latest_threats", "entity_history", "counts")
            }
        },
        "hot_reads": {"cache_hit_ratio": 0.96},
    }


def looks(*events: int) -> list[Sample]:
    """One look a second; the worker uses a tenth of a millisecond an event, the broker a second each second."""
    return [Sample(float(at), n, {"worker": n / 10_000, "broker": float(at)}) for at, n in enumerate(events)]


def test_percentiles_interpolate_between_ranks() -> None:
    assert percentiles(range(101)) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert percentiles([1.0, 2.0])["p50"] == 1.5
    assert all(math.isnan(value) for value in percentiles([]).values())


def test_a_spread_is_median_lowest_and_highest() -> None:
    assert spread([3.0, 1.0, 2.0]) == {"median": 2.0, "low": 1.0, "high": 3.0}


def test_start_and_tail_of_a_drain_are_left_out() -> None:
    drained = steady(looks(0, 0, 1_500, 5_000, 9_400, 9_900, 10_000), 10_000)
    assert drained.events == 9_400 - 1_500
    assert drained.wall_s == 2.0
    assert drained.per_s == pytest.approx(3_950)
    assert drained.per_cpu_s("worker") == pytest.approx(10_000)
    assert drained.cpu_s["broker"] == 2.0


def test_the_peak_is_the_highest_rate_over_a_second() -> None:
    assert peak_per_s(looks(0, 1_000, 4_000, 5_000)) == 3_000
    assert peak_per_s(looks(0, 1_000)[:1]) == 0


def test_a_drain_between_two_looks_counts_as_a_whole() -> None:
    assert steady(looks(0, 0, 10_000), 10_000).events == 10_000


def test_a_drain_that_nobody_saw_is_an_error() -> None:
    with pytest.raises(BenchError, match="before the first look"):
        steady(looks(10_000), 10_000)


def test_the_limit_is_one_over_the_sum_of_the_costs() -> None:
    assert limit_per_cpu_s({"decode": 1.5, "store": 2.5}) == 250_000


def test_growth_is_in_per_cent_of_the_beginning() -> None:
    assert growth_pct(600.0, 606.0) == pytest.approx(1.0)


def test_figures_have_the_keys_that_were_asked_for_and_null_where_nothing_was_measured() -> None:
    figures = figures_of({})
    assert set(figures) == ISSUE_KEYS
    assert figures["latency_ms"] == {load: dict.fromkeys(("p50", "p95", "p99")) for load in ("idle", "half_load")}
    assert figures["scorer_ms"] == {"batch_32": None, "batch_1024": None}
    assert figures["query_p95_ms"] == {"latest_threats": None, "entity_history": None, "counts": None}
    assert figures["events_per_cpu_s"] is None


def test_a_ratio_compares_what_was_measured_in_the_same_round() -> None:
    assert ratio([60.0, 100.0, 90.0], [120.0, 100.0, 100.0]) == {"median": 0.9, "low": 0.5, "high": 1.0}


def test_of_two_ways_the_cheaper_one_is_the_limits_and_threats_count_by_their_share() -> None:
    costs = dict.fromkeys(("decode", "features", "score", "store", "cache", "publish"), 10.0)
    costs |= {"consume": 5.0, "consume_slabs": 1.0, "store_records": 4.0, "cache_pipelined": 20.0}
    found = summary([costs, costs | {"decode": 30.0}, costs], 0.05)
    assert found["cost_us"] == {
        "consume": 5.0, "decode": 10.0, "features": 10.0, "score": 10.0, "store": 4.0, "publish": 0.5, "cache": 0.5,
    }  # fmt: skip
    assert found["per_cpu_s"] == pytest.approx({"median": 25_000, "low": 1e6 / 60, "high": 25_000})


def test_ratios_are_medians_of_the_rounds() -> None:
    figures = figures_of(found())
    assert figures["ratio_to_limit"] == 0.8
    assert figures["ratio_to_plain_faust"] == 20
    assert figures["ratio_to_quix"] == 2
    assert figures["ratio_to_faststream"] == 2.5
    assert figures["latency_ms"]["half_load"] == {"p50": 10.0, "p95": 20.0, "p99": 30.0}


def test_a_figure_that_is_missed_says_so() -> None:
    result = results.result_of(
        found() | {"memory": {"rss_mb": 700.0, "rss_growth_pct": 0.5}},
        machine=describe_machine(),
        scale="full",
        rounds=3,
    )
    rows = tables.tables_of(result)["figures"].splitlines()
    assert "| MB resident | below 700 | 700 | missed |" in rows
    assert "| of the limit of the bare parts | at least 0.6 | 0.8 | met |" in rows


def test_a_result_is_written_with_its_pictures_and_read_again(tmp_path: Path) -> None:
    result = results.result_of(found(), machine=describe_machine(), scale="full", rounds=3)
    results.write(result, tmp_path)
    assert results.read_latest(tmp_path) == msgspec.json.decode(msgspec.json.encode(result))
    names = {file.name for file in tmp_path.iterdir()}
    assert names == {
        f"{result['date']}.json", "latest.json", "throughput.svg", "latency.svg", "time-of-an-event.svg",
    }  # fmt: skip


def test_a_picture_without_its_measurement_is_left_out(tmp_path: Path) -> None:
    assert [file.name for file in draw({"measurements": {"latency": found()["latency"]}}, tmp_path)] == ["latency.svg"]


def test_tables_are_put_between_their_marks_and_the_text_stays(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("# Title\n\n<!-- generated: limit -->\nold\n<!-- end -->\n\nText.\n")
    tables.rewrite(results.result_of(found(), machine=describe_machine(), scale="full", rounds=3), document)
    text = document.read_text()
    assert text.startswith("# Title\n\n<!-- generated: limit -->\n| part |")
    assert text.endswith("<!-- end -->\n\nText.\n")
    assert "old" not in text


def test_measurements_are_chosen_by_name_in_the_registrys_order() -> None:
    assert [one.name for one in chosen(["scorer", "throughput"])] == ["throughput", "scorer"]
    assert chosen([]) == list(MEASUREMENTS)
    with pytest.raises(BenchError, match="no measurement 'speed'"):
        chosen(["speed"])


def test_scaling_counts_under_a_quota_which_leaves_the_machine_to_the_servers() -> None:
    assert figures_of(found())["scale_2_workers"] == 3.8


def test_records_are_taken_evenly_and_in_order() -> None:
    records = [Record(b"k", bytes([number])) for number in range(10)]
    assert evenly(records, 3) == [records[0], records[3], records[6]]
    assert evenly(records, 20) == records


def test_a_key_goes_where_kafkas_own_partitioner_puts_it() -> None:
    theirs = DefaultPartitioner()
    for key in (b"10.0.0.1", b"192.0.2.250", b"2001:db8::1"):
        assert partition_of(key, 8) == theirs(key, list(range(8)), list(range(8)))


def test_a_stamped_record_is_the_same_event_at_another_time() -> None:
    (template,) = loop_of([Record(b"10.2.1.4", VALUE)], 4).templates
    event = msgspec.json.decode(template.stamped(1_800_000_000.25), type=Event)
    before = msgspec.json.decode(VALUE, type=Event)
    assert event.event_time == 1_800_000_000.25
    assert msgspec.structs.replace(event, event_time=before.event_time) == before


def test_sources_are_distinct_valid_and_each_on_one_partition() -> None:
    (template,) = loop_of([Record(b"10.2.1.4", VALUE)], 4).templates
    made = [template.from_source(number, 1000, 4) for number in range(2000)]
    assert len({one.key for one in made}) == 1000
    assert len({(one.key, one.partition) for one in made}) == 1000
    assert Counter(one.partition for one in made[:1000]) == dict.fromkeys(range(4), 250)
    assert decode_record(made[7].stamped(1.8e9)).rejects == []


def _records_at(*seconds: float) -> list[Record]:
    begin, end = VALUE.split(b'"event_time":')
    rest = end.split(b",", 1)[1]
    return [Record(b"%d" % number, b'%b"event_time":%f,%b' % (begin, at, rest)) for number, at in enumerate(seconds)]


def test_a_loop_is_one_cycle_and_keeps_its_pace_round_after_round() -> None:
    loop = loop_of(_records_at(1000.0, 1002.5, 1014.0, 1015.0), 4)
    assert [template.offset_s for template in loop.templates] == [0.0, 2.5, 14.0]
    times = [loop.event_time(number, 5e8) for number in range(7)]
    assert times == [5e8 + s for s in (0.0, 2.5, 14.0, 15.0, 17.5, 29.0, 30.0)]


@given(
    offsets=st.lists(st.integers(0, 1_499_999), min_size=1, max_size=50, unique=True),
    began_us=st.integers(0, 4 * 10**15),
)
def test_an_event_time_tells_the_number_of_its_record(offsets: list[int], began_us: int) -> None:
    (template,) = loop_of([Record(b"k", VALUE)], 4).templates
    loop = Loop([template._replace(offset_s=offset / 1e5) for offset in sorted(offsets)])
    began_s = began_us / 1e6
    times = np.array([float(b"%.6f" % loop.event_time(number, began_s)) for number in range(150)])
    assert loop.numbers(times, began_s).tolist() == list(range(150))


def test_every_second_record_of_the_idle_load_was_a_threat() -> None:
    records = _records_at(*(1000.0 + number for number in range(6)))
    loop = spread_threats(loop_of(records, 4), [False, True, False, False, True, False], alternating=True)
    assert [(template.key, template.offset_s) for template in loop.templates] == [
        (b"1", 0.0), (b"0", 0.0), (b"4", 3.0), (b"3", 3.0)
    ]  # fmt: skip
    began_s = 1e9
    numbers = loop.numbers(np.array([loop.event_time(number, began_s) for number in range(4)]), began_s)
    assert numbers[[0, 2]].tolist() == [0, 2]  # a threat's time is that of its own record


def test_threats_that_are_spread_lie_evenly_among_all_other_records_in_order() -> None:
    records = _records_at(*(1000.0 + number for number in range(6)))
    loop = spread_threats(loop_of(records, 4), [True, True, False, False, False, False])
    assert [(template.key, template.offset_s) for template in loop.templates] == [
        (b"0", 2.0), (b"2", 2.0), (b"3", 3.0), (b"1", 4.0), (b"4", 4.0), (b"5", 5.0)
    ]  # fmt: skip


def test_zipf_ranks_fall_with_their_place() -> None:
    counted = Counter(zipf_ranks(1000, 20_000))
    assert set(counted) <= set(range(1000))
    tens = [sum(counted[rank] for rank in range(at, at + 10)) for at in (0, 10, 100, 500)]
    assert all(more > fewer for more, fewer in itertools.pairwise(tens))


def test_an_insert_names_its_columns() -> None:
    assert database.insert_of("t", ("a", "b")) == "INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT DO NOTHING"
