"""Follows a log as `tail -F` does: over rotation and truncation, line by line, with the place after each line."""

from __future__ import annotations

import errno
import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from ironcore.edge.position import Place, Position, fingerprint
from streams.logs import log

#: A longer line is left out and counted as rejected; so much of it is held at most.
MAX_LINE_BYTES = 262_144
_READ_BYTES = 65_536
_COMMENT = b"#"  # Zeek's headers
#: How files begin that hold no lines.
_NO_LINES = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PAR1": "Parquet"}


class Line(NamedTuple):
    """A line without its end; no bytes for one that was too long."""

    text: bytes
    after: Place


class Tail(Protocol):
    """A source of lines."""

    ended: bool  #: nothing will come any more
    resumed: bool  #: reading began at the position that was given

    def poll(self) -> list[Line]:
        """Return the lines that came, at most some hundred kilobytes of them; none when nothing came. Never waits."""

    def fingerprint(self, place: Place) -> str:
        """Return what tells the file of a place from another one that has its inode; empty where it is not known."""


class Lines:
    """Cuts bytes into lines; what has no end yet is held."""

    def __init__(self, offset: int) -> None:
        self._held, self._too_long, self._offset = b"", False, offset

    def feed(self, data: bytes, inode: int) -> Iterator[Line]:
        """Yield the lines that end in `data`."""
        *whole, rest = (self._held + data).split(b"\n")
        for text in whole:
            self._offset += len(text) + 1
            is_good = not self._too_long and len(text) <= MAX_LINE_BYTES
            self._too_long = False
            yield Line(text.rstrip(b"\r") if is_good else b"", Place(inode, self._offset))
        if len(rest) > MAX_LINE_BYTES:
            self._offset += len(rest)
            rest, self._too_long = b"", True
        self._held = rest

    def finish(self, inode: int) -> list[Line]:
        """Return the last line, which has no end."""
        return list(self.feed(b"\n", inode)) if self._held or self._too_long else []


class FileTail:
    """Follows the file at a path, from a position in it or its beginning; without `follow` it ends with the file."""

    def __init__(self, path: Path, *, position: Position | None = None, follow: bool = True) -> None:
        """Open the file where the windows are to be read again for `position`.

        Where the file was rotated since then, the rest of the old one is read first, if it lies beside the new one
        under a name that begins alike. `resumed` tells whether the position was found.

        Raises:
            OSError: There is no such file, or it is compressed.
        """
        self._path, self._follow, self.ended = path, follow, False
        self._pending: list[Line] = []
        found = self._find(position) if position else None
        self.resumed = found is not None
        if position is not None and found is None:
            log.warning("%s was truncated, or rotated and its old file is gone: reading it from its beginning", path)
        self._open(found or path, position.warm_up_from.offset if position and found else 0)
        magic = os.pread(self._file, 8, 0)
        if kind := next((kind for begin, kind in _NO_LINES.items() if magic.startswith(begin)), None):
            self.close()
            raise OSError(errno.EINVAL, f"a log is lines of text, and this is {kind}", str(path))

    def poll(self) -> list[Line]:
        """Return the next lines. Raises OSError."""
        if self._pending:
            lines, self._pending = self._pending, []
            return lines
        if data := os.read(self._file, _READ_BYTES):
            self._read_to += len(data)
            return list(self._lines.feed(data, self._inode))
        return self._at_end()

    def fingerprint(self, place: Place) -> str:
        """Return the fingerprint before a place of the file that is open; empty for a place in another one."""
        return fingerprint(self._file, place.offset) if place.inode == self._inode else ""

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _at_end(self) -> list[Line]:
        """Go on to the file that took this one's place, if one did."""
        try:
            now = self._path.stat()
        except FileNotFoundError:  # renamed, and the new one is not there yet
            return []
        if now.st_ino == self._inode and now.st_size >= self._read_to:
            if self._follow:
                return []
            self.ended = True
            return self._lines.finish(self._inode)
        if data := os.read(self._file, _READ_BYTES):  # written between the last read and the rename
            self._read_to += len(data)
            return list(self._lines.feed(data, self._inode))
        last = self._lines.finish(self._inode)
        self.close()
        self._open(self._path, 0)
        return last

    def _open(self, path: Path, offset: int) -> None:
        self._file = os.open(path, os.O_RDONLY)
        self._inode = os.fstat(self._file).st_ino
        if offset:
            self._pending = self._headers(offset)
        os.lseek(self._file, offset, os.SEEK_SET)
        self._lines, self._read_to = Lines(offset), offset

    def _headers(self, until: int) -> list[Line]:
        """Return the comments that the file begins with: rows of Zeek TSV mean nothing without them."""
        data = os.read(self._file, min(until, _READ_BYTES))
        lines = list(Lines(0).feed(data, self._inode))
        first_row = next((at for at, line in enumerate(lines) if not line.text.startswith(_COMMENT)), len(lines))
        return lines[:first_row]

    def _find(self, position: Position) -> Path | None:
        beside = sorted(self._path.parent.glob(f"{self._path.stem}*"))
        return next((path for path in (self._path, *beside) if _is_of(position, path)), None)


def _is_of(position: Position, path: Path) -> bool:
    """Tell whether a file is the one that a position is of: rotation renames it, and an inode is used again."""
    if not path.is_file() or path.stat().st_ino != position.settled.inode:
        return False
    with path.open("rb") as file:
        return position.fingerprint in ("", fingerprint(file.fileno(), position.settled.offset))


class PipeTail:
    """Reads standard input. A pipe has no place to return to."""

    def __init__(self) -> None:
        self._file, self._lines = sys.stdin.fileno(), Lines(0)
        self.ended = self.resumed = False

    def poll(self) -> list[Line]:
        """Return the next lines. Raises OSError."""
        if not select.select([self._file], [], [], 0)[0]:
            return []
        if data := os.read(self._file, _READ_BYTES):
            return list(self._lines.feed(data, 0))
        self.ended = True
        return self._lines.finish(0)

    def fingerprint(self, place: Place) -> str:  # noqa: ARG002 - see `Tail`
        """Return nothing: there is no file."""
        return ""

    def close(self) -> None:
        """Leave standard input as it is."""
