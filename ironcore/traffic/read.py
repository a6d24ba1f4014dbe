"""Reads logs as sensors write them; what a file holds is seen from its content, never from its name."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from ironcore.traffic.record import Record, headers_of, records_of
from schemas.dead_letter import Reject
from schemas.event import entity_of
from schemas.formats.parquet import read_flows
from schemas.formats.zeek_tsv import TsvReader

MAX_LINE_BYTES = 10 * 1024 * 1024
_GZIP, _PARQUET, _ZEEK_TSV = b"\x1f\x8b", b"PAR1", b"#"  # no JSON text begins with a number sign
_JSON, _NATIVE, _ZEEK = headers_of(), headers_of("native"), headers_of("zeek")


class LogError(ValueError):
    """A log cannot be read; the message names the file and, where there is one, the line."""


def read(path: Path) -> Iterator[Record]:
    """Yield the records of a log in its order, in bounded memory.

    Accepted, plain or gzipped: Zeek TSV (its rows become Zeek JSON), and JSON lines of any dialect that the raw topic
    takes, which pass untouched. Parquet files of flows become native events. Nothing is left out but empty lines and
    the headers of Zeek TSV: a line that is broken is sent as it is, so that the pipeline gives the reason for it.

    Raises:
        LogError: The file is not there, damaged, or has a line above 10 MiB.
    """
    try:
        magic = _magic(path)
        yield from _flows(path) if magic.startswith(_PARQUET) else _log(path, gzipped=magic.startswith(_GZIP))
    except OSError as error:
        raise LogError(f"{path}: {error.strerror or error}") from error


def _magic(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(_PARQUET))


def _flows(path: Path) -> Iterator[Record]:
    try:
        for event, *_labels in read_flows(path):
            yield Record(msgspec.json.encode(event), _NATIVE, entity_of(event).encode(), event.event_time)
    except ValueError as error:
        raise LogError(str(error)) from error


def _log(path: Path, *, gzipped: bool) -> Iterator[Record]:
    with gzip.open(path) if gzipped else path.open("rb") as file:
        lines = _lines(path, cast(BinaryIO, file))
        for first in lines:
            rest = chain((first,), lines)
            yield from _zeek_rows(rest) if first.startswith(_ZEEK_TSV) else records_of(rest, _JSON)


def _lines(path: Path, file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines that are not empty, without their ends."""
    number = 1
    try:
        while line := file.readline(MAX_LINE_BYTES + 1):
            if len(line) > MAX_LINE_BYTES:
                raise LogError(f"{path}: line {number} is longer than {MAX_LINE_BYTES} bytes")
            if not line.isspace():
                yield line.rstrip(b"\r\n")
            number += 1
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise LogError(f"{path}: damaged after line {number - 1}: {error}") from error


def _zeek_rows(lines: Iterable[bytes]) -> Iterator[Record]:
    """Yield rows as Zeek JSON; one that does not fit its header goes on as the bytes that it was."""
    latest = b""

    def texts() -> Iterator[str]:
        nonlocal latest
        for latest in lines:
            yield latest.decode("utf-8", "backslashreplace")

    rows = TsvReader().read(texts())
    return records_of((latest if isinstance(row, Reject) else msgspec.json.encode(row) for row in rows), _ZEEK)
