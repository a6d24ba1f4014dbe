"""A slab: the records of one partition that one fetch brought, and the promise to say when they are done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Record(Protocol):
    """What a stage reads of a Kafka record (aiokafka's `ConsumerRecord` has it)."""

    @property
    def offset(self) -> int: ...  # noqa: D102
    @property
    def timestamp(self) -> int: ...  # noqa: D102 - milliseconds since 1970
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...  # noqa: D102


@dataclass(slots=True, eq=False)
class Slab:
    """Consecutive records of one partition.

    A slab that `restores` is read a second time to rebuild the windows: it is neither scored nor owed.
    `settle` is called once, after the required sinks took all that came of the records; the offset is
    committed when every earlier slab of the partition is settled as well.
    """

    topic: str
    partition: int
    records: Sequence[Record]
    restores: bool
    first_of_restore: bool
    left: int  #: records of the partition that its fetch left behind
    more: bool  #: other slabs of the same fetch follow
    settle: Callable[[], None]
