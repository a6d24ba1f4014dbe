"""How far a log was read and sent, kept in a small file beside it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import xxhash

_FINGERPRINT_BYTES = 256


class Place(NamedTuple):
    """A place in a log: which file, and how many bytes of it lie before."""

    inode: int
    offset: int


class Position(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is settled, and where reading begins again so that the windows are those of before."""

    settled: Place  #: all that lies before was scored, and its threats were acknowledged
    warm_up_from: Place  #: in the same file
    fingerprint: str = ""  #: of what lies before `settled`; empty where it is not known


class PositionError(ValueError):
    """The position's file cannot be read, or is another run's; the message names it."""


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep other runs from the position while the block lasts. Raises PositionError when one has it, and OSError."""
    with path.with_name(path.name + ".lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PositionError(f"{path}: another run keeps its place there") from error
        yield


def load(path: Path) -> Position | None:
    """Return the position; None where there is no file yet. Raises PositionError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Position)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise PositionError(f"{path}: {error}; delete it to begin anew") from error


def save(path: Path, position: Position) -> None:
    """Write the position, whole or not at all. Raises OSError."""
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        file.write(msgspec.json.encode(position))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def fingerprint(file: int, offset: int) -> str:
    """Return a hash of the bytes before an offset of an open file.

    A log that was truncated and written anew, or a new one that was given an old one's inode, differs there.
    """
    end = max(offset - 1, 0)  # without the end of the line: the last line of a file may get it later
    begin = max(end - _FINGERPRINT_BYTES, 0)
    return xxhash.xxh3_64_hexdigest(os.pread(file, end - begin, begin))
