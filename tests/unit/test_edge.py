"""The sensor's parts: following a log, its position, and threats that travel with their evidence."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from ironcore.edge import position
from ironcore.edge.outbox import Outbox, Parcel
from ironcore.edge.position import Place, Position, PositionError
from ironcore.edge.tail import MAX_LINE_BYTES, FileTail, Line
from schemas.dead_letter import Reject
from schemas.formats import decode_record
from schemas.identity import threat_uuids
from schemas.threat import Severity, Threat, ThreatClass, ThreatStruct
from schemas.told import HEADER, evidence_headers, is_told, told_threat

EVENT = b'{"kind":"flow","event_time":1700000000.5,"src_ip":"10.0.0.%d","flow":{"orig_bytes":1}}'


def at(place: Place, fingerprint: str = "") -> Position:
    """Return the position at a place."""
    return Position(settled=place, warm_up_from=place, fingerprint=fingerprint)


def polled(tail: FileTail, times: int = 3) -> list[bytes]:
    return [line.text for _ in range(times) for line in tail.poll()]


def test_lines_come_whole_and_the_last_one_when_the_file_ends(tmp_path: Path) -> None:
    (log := tmp_path / "log").write_bytes(b"one\r\n\ntwo")
    tail = FileTail(log, follow=False)
    assert polled(tail) == [b"one", b"", b"two"]
    assert tail.ended


def test_a_half_line_waits_for_its_end(tmp_path: Path) -> None:
    (log := tmp_path / "log").write_bytes(b"one\ntw")
    tail = FileTail(log)
    assert polled(tail) == [b"one"]
    with log.open("ab") as file:
        file.write(b"o\nthree\n")
    assert polled(tail) == [b"two", b"three"]
    assert not tail.ended


def test_rotation_is_followed_and_what_was_written_to_the_old_file_is_read_first(tmp_path: Path) -> None:
    (log := tmp_path / "conn.log").write_bytes(b"one\n")
    tail = FileTail(log)
    assert polled(tail) == [b"one"]
    log.rename(tmp_path / "conn.1.log")
    with (tmp_path / "conn.1.log").open("ab") as file:
        file.write(b"two\nthr")
    assert polled(tail) == [b"two"]  # there is no new file yet
    log.write_bytes(b"four\n")
    assert polled(tail) == [b"thr", b"four"]


def test_truncation_begins_anew(tmp_path: Path) -> None:
    (log := tmp_path / "log").write_bytes(b"one\ntwo\n")
    tail = FileTail(log)
    assert polled(tail) == [b"one", b"two"]
    os.truncate(log, 0)
    with log.open("ab") as file:
        file.write(b"new\n")
    assert polled(tail) == [b"new"]


def test_a_line_without_bound_is_left_out_and_the_next_one_is_read(tmp_path: Path) -> None:
    (log := tmp_path / "log").write_bytes(b"x" * (3 * MAX_LINE_BYTES) + b"\nnext\n")
    tail = FileTail(log, follow=False)
    lines: list[Line] = []
    while not tail.ended:
        lines += tail.poll()
    assert [line.text for line in lines] == [b"", b"next"]
    assert lines[-1].after.offset == log.stat().st_size


def test_reading_begins_at_a_place_with_the_headers_of_the_file(tmp_path: Path) -> None:
    (log := tmp_path / "log").write_bytes(b"#fields\ta\n#types\tint\n1\n2\n3\n")
    places = {line.text: line.after for line in FileTail(log).poll()}
    assert polled(FileTail(log, position=at(places[b"2"]))) == [b"#fields\ta", b"#types\tint", b"3"]


def test_the_rest_of_a_rotated_file_is_found_by_its_inode(tmp_path: Path) -> None:
    (log := tmp_path / "conn.log").write_bytes(b"one\ntwo\n")
    place = FileTail(log).poll()[0].after
    log.rename(tmp_path / "conn.2026-11-25.log")
    log.write_bytes(b"three\n")
    assert polled(FileTail(log, position=at(place))) == [b"two", b"three"]
    (tmp_path / "conn.2026-11-25.log").unlink()
    gone = FileTail(log, position=at(Place(0, 4)))
    assert not gone.resumed
    assert polled(gone) == [b"three"]


@pytest.mark.parametrize("written", [b"new\n", b"written anew, and longer than before\n"])
def test_a_log_that_was_truncated_while_nobody_read_it_is_read_from_its_beginning(
    tmp_path: Path, written: bytes
) -> None:
    (log := tmp_path / "log").write_bytes(b"one\ntwo\n")
    tail = FileTail(log)
    place = tail.poll()[0].after
    position = at(place, tail.fingerprint(place))
    assert FileTail(log, position=position).resumed
    os.truncate(log, 0)  # as logrotate's copytruncate does: the inode stays
    with log.open("ab") as file:
        file.write(written)
    again = FileTail(log, position=position)
    assert not again.resumed
    assert polled(again) == written.splitlines()


def test_a_last_line_that_gets_its_end_later_keeps_its_place(tmp_path: Path) -> None:
    (log := tmp_path / "log").write_bytes(b"one\ntwo")
    tail = FileTail(log, follow=False)
    place = [line.after for _ in range(3) for line in tail.poll()][-1]
    position = at(place, tail.fingerprint(place))
    with log.open("ab") as file:
        file.write(b"\nthree\n")
    again = FileTail(log, position=position)
    assert again.resumed
    assert polled(again) == [b"three"]


@pytest.mark.parametrize(("begin", "kind"), [(gzip.compress(b"one\n"), "gzip"), (b"PAR1", "Parquet")])
def test_what_holds_no_lines_is_refused(tmp_path: Path, begin: bytes, kind: str) -> None:
    (log := tmp_path / "log").write_bytes(begin)
    with pytest.raises(OSError, match=f"this is {kind}.*{log}"):
        FileTail(log)


def test_position_is_kept_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "position"
    assert position.load(path) is None
    position.save(path, Position(Place(1, 2), Place(1, 0)))
    assert position.load(path) == Position(Place(1, 2), Place(1, 0))
    path.write_bytes(b"{")
    with pytest.raises(PositionError, match=f"{path}: .*delete it"):
        position.load(path)


def test_a_position_is_one_runs_alone(tmp_path: Path) -> None:
    path = tmp_path / "position"
    with position.held(path), pytest.raises(PositionError, match=f"{path}: another run"), position.held(path):
        pass
    with position.held(path):
        pass


def test_outbox_is_full_at_its_limit_and_takes_any_parcel_when_empty() -> None:
    outbox = Outbox("127.0.0.1:1", limit=3, save=lambda _: None)
    assert outbox.has_room(100)
    outbox.put(Parcel([threat(1)] * 2, [], None))
    assert outbox.has_room(1)
    assert not outbox.has_room(2)


def test_parcels_without_threats_do_not_pile_up() -> None:
    outbox = Outbox("127.0.0.1:1", limit=3, save=lambda _: None)
    for offset in range(1000):
        outbox.put(Parcel([], [], Position(Place(1, offset), Place(1, 0))))
    assert len(outbox._parcels) == 2
    assert outbox._parcels[-1].position == Position(Place(1, 999), Place(1, 0))


def threat(host: int) -> Threat:
    """Return the threat of the event of a host."""
    event_id = decode_record(EVENT % host).events[0].event_id
    assert event_id is not None
    made: Threat = ThreatStruct(
        threat_id=threat_uuids([event_id])[0], event_ids=[event_id], entity=f"10.0.0.{host}", severity=Severity.HIGH,
        threat_class=ThreatClass.SCAN, attack=None, anomaly=0.5, class_probabilities={ThreatClass.SCAN: 1.0}, risk=80.0,
        contributions=[], model_name="m", model_version="1+int8", event_time=1_700_000_000.5, scored_time=1.0,
    )  # fmt: skip
    return made


def test_a_told_threat_is_read_as_it_was_written() -> None:
    headers = evidence_headers(threat(1))
    assert is_told(headers)
    assert not is_told(headers[:2])
    assert not is_told([])
    assert told_threat(headers[-1][1], decode_record(EVENT % 1).events) == threat(1)


@pytest.mark.parametrize(
    ("header", "value", "message"),
    [
        (evidence_headers(threat(2))[-1][1], EVENT % 1, "not that of the record's one event"),
        (evidence_headers(threat(1))[-1][1], b"[" + EVENT % 1 + b"," + EVENT % 2 + b"]", "the record's one event"),
        (evidence_headers(threat(1))[-1][1].replace(b"80.0", b"180.0"), EVENT % 1, r"<= 100.*\$.risk"),
        (evidence_headers(threat(1))[-1][1].replace(b"10.0.0.1", b"\\u0000"), EVENT % 1, "NUL"),
        (b"{", EVENT % 1, "truncated"),
        (None, EVENT % 1, "truncated"),
    ],
)
def test_a_threat_that_is_not_its_events_is_rejected(header: bytes | None, value: bytes, message: str) -> None:
    with pytest.raises(Reject, match=f"header {HEADER}: .*{message}"):
        told_threat(header, decode_record(value).events)
