"""Columns of Python objects with the few names of pyarrow that `schemas.arrow` stands for. None is null."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NUMBERS = {"bool": np.bool_, "int32": np.int32, "int64": np.int64, "double": np.float64}


class Scalar:
    """One value of a column."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def as_py(self) -> Any:
        """Return the value, None for null."""
        return self._value


class Column:
    """n values of one type, by Arrow's name of it."""

    def __init__(self, values: Iterable[Any], kind: str) -> None:
        self._values, self._kind = list(values), kind

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, row: int) -> Scalar:
        return Scalar(self._values[row])

    @property
    def null_count(self) -> int:
        """Count the nulls."""
        return sum(value is None for value in self._values)

    def to_pylist(self) -> list[Any]:
        """Return the values, None for null."""
        return list(self._values)

    def take(self, rows: Iterable[int]) -> Column:
        """Return the chosen rows."""
        return Column((self._values[row] for row in rows), self._kind)

    def is_null(self) -> Column:
        """Tell the nulls."""
        return Column((value is None for value in self._values), "bool")

    def fill_null(self, value: Any) -> Column:
        """Put a value where there is none."""
        return Column((value if held is None else held for held in self._values), self._kind)

    def to_numpy(self, *, zero_copy_only: bool = True) -> NDArray[Any]:
        """Return numbers as they are; with nulls among them as float64, null being NaN. Text is an array of objects."""
        kind = _NUMBERS.get(self._kind)
        if kind is None:
            return np.array(self._values, object)
        return np.array(self._values, np.float64 if self.null_count else kind)

    def buffers(self) -> list[bytes | None]:
        """Return text as Arrow lays it out: validity (left out), int32 offsets, bytes one after another."""
        texts = [(value or "").encode() for value in self._values]
        offsets = np.cumsum([0, *map(len, texts)], dtype=np.int32)
        return [None, offsets.tobytes(), b"".join(texts)]


class FixedSizeBinaryArray:
    """Holds the constructor of a column of byte strings of one length."""

    @staticmethod
    def from_buffers(kind: str, length: int, buffers: Sequence[Any]) -> Column:
        """Cut the second buffer into `length` values."""
        data = bytes(buffers[1])
        size = len(data) // max(length, 1)
        return Column((data[row * size : (row + 1) * size] for row in range(length)), kind)


class RecordBatch(dict[str, Column]):
    """Columns by name."""

    def column(self, name: str) -> Column:
        """Return a column."""
        return self[name]


def record_batch(columns: Mapping[str, Column]) -> RecordBatch:
    """Return columns by name."""
    return RecordBatch(columns)


def array(values: Iterable[Any], kind: str = "string", *, size: int | None = None) -> Column:
    """Return a column; `size` is for Arrow, which allocates."""
    return Column(values, kind)


def py_buffer(data: Any) -> Any:
    """Return what it is given: an array's own memory."""
    return data


def equal(column: Column, value: Any) -> Column:
    """Compare each value with one; null stays null."""
    return Column((None if held is None else held == value for held in column.to_pylist()), "bool")


def index_in(column: Column, *, value_set: Column) -> Column:
    """Return each value's first place among those of a set, null where it is missing or not among them."""
    places = {value: place for place, value in reversed(list(enumerate(value_set.to_pylist())))}
    return Column((places.get(value) if value is not None else None for value in column.to_pylist()), "int32")


def string() -> str:
    """Name the type of text."""
    return "string"


def binary(_size: int = -1) -> str:
    """Name the type of bytes."""
    return "binary"


def int32() -> str:
    """Name the type."""
    return "int32"


def int64() -> str:
    """Name the type."""
    return "int64"


def float64() -> str:
    """Name the type."""
    return "double"
