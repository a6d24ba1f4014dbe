"""Zeek's tab-separated logs (https://docs.zeek.org/en/master/log-formats.html) as records of its JSON dialect."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from schemas.dead_letter import Reason, Reject
from schemas.formats.shape import Record

#: Columns that data sets add: what a person found out afterwards, which no sensor could have sent.
_LABELS = frozenset({"label", "detailedlabel", "detailed-label"})
_ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})")


class TsvReader:
    """Reads the lines of one or more Zeek logs; a new header changes the columns from there on.

    Rows become dicts with dotted keys as Zeek's JSON writer has them, `_path` naming the stream. Unset fields are
    left out, sets and vectors are lists, times and intervals are seconds, and the columns of labels are dropped.
    """

    def __init__(self) -> None:
        self._separator, self._set_separator, self._empty, self._unset = "\t", ",", "(empty)", "-"
        self._path, self._fields, self._types = "", list[str](), list[str]()

    def read(self, lines: Iterable[str]) -> Iterator[Record | Reject]:
        """Yield a dict for each row, or a Reject (MALFORMED) that names the line, counted from 1."""
        for number, line in enumerate(lines, 1):
            text = line.rstrip("\r\n")
            try:
                if text.startswith("#"):
                    self._header(text)
                elif text:
                    yield self._row(text)
            except ValueError as error:
                yield Reject(Reason.MALFORMED, f"line {number}: {error}")

    def _header(self, text: str) -> None:
        if text.startswith("#separator "):
            self._separator = _unescaped(text.removeprefix("#separator "))
            return
        name, *values = text[1:].split(self._separator)
        match name, values:
            case "set_separator", [value]:
                self._set_separator = _unescaped(value)
            case "empty_field", [value]:
                self._empty = value
            case "unset_field", [value]:
                self._unset = value
            case "path", [value]:
                self._path = value
            case "fields", _:
                self._fields, self._types = values, []
            case "types", _:
                self._types = values

    def _row(self, text: str) -> Record:
        values = text.split(self._separator)
        if not self._fields or len(self._types) != len(self._fields):
            raise ValueError("a row before the headers #fields and #types")
        if len(values) != len(self._fields):
            raise ValueError(f"{len(values)} columns, but #fields names {len(self._fields)}")
        record: Record = {"_path": self._path} if self._path else {}
        for name, kind, value in zip(self._fields, self._types, values, strict=True):
            if value != self._unset and name not in _LABELS:
                record[name] = self._value(name, kind, value)
        return record

    def _value(self, name: str, kind: str, text: str) -> Any:
        container, _, element = kind.partition("[")
        if container in ("set", "vector"):
            parts = [] if text == self._empty else text.split(self._set_separator)
            kind = element.rstrip("]")
            return [None if part == self._unset else self._value(name, kind, part) for part in parts]
        try:
            return _PARSERS.get(kind, _unescaped)("" if text == self._empty else text)
        except (KeyError, ValueError):
            raise ValueError(f"column {name}: {text[:64]!r} is no {kind}") from None


def _unescaped(text: str) -> str:
    r"""Undo the writer's `\xNN` for bytes that are not printable or would end the column."""
    if "\\x" not in text:
        return text
    raw = _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), text.encode())
    return raw.decode("utf-8", "backslashreplace")


_PARSERS: dict[str, Callable[[str], Any]] = {
    "time": float,
    "interval": float,
    "double": float,
    "int": int,
    "count": int,
    "port": int,
    "bool": {"T": True, "F": False}.__getitem__,
}
