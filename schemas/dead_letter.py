"""Dead letters: a record that could not become an event, kept whole, with the reason beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

Headers = Sequence[tuple[str, bytes | None]]


class Reason(StrEnum):
    """Why a record was rejected. A closed set, so that it can label a metric."""

    EMPTY = "empty"  #: null or no bytes
    TOO_LARGE = "too_large"  #: longer than the limit of a record
    MALFORMED = "malformed"  #: not JSON, not msgpack, not UTF-8, nested too deep
    UNKNOWN_FORMAT = "unknown_format"  #: well-formed, but none of the accepted dialects
    INVALID = "invalid"  #: a known dialect with a wrong type or an impossible value
    UNSUPPORTED = "unsupported"  #: a known dialect, but a kind of record that we do not carry


class Reject(ValueError):  # noqa: N818 - one of the three errors: Reject, Retry, Fatal
    """This record (or one element of it) goes to the dead letters."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail[:1024]


#: Kafka Connect's names for the context of an error, so that existing tools read our dead letters.
PREFIX = "__connect.errors."
STAGE = "ironcore.decode"
CONTEXT_HEADERS = 6


class DeadLetter(BaseModel):
    """A record on the dead-letter topic. Key and value are the original bytes; the rest travels as headers."""

    model_config = ConfigDict(frozen=True)

    key: bytes | None = Field(description="Original key, unchanged.")
    value: bytes | None = Field(description="Original value, unchanged.")
    headers: tuple[tuple[str, bytes | None], ...] = Field(description="Original headers, unchanged.")
    topic: str = Field(description="Topic that it was read from.")
    partition: int = Field(description="Partition that it was read from.")
    offset: int = Field(description="Offset that it was read from.")
    reason: Reason = Field(description="Class of the error.")
    detail: str = Field(description="What was wrong, and where in the record.")

    def context(self) -> dict[str, str]:
        """Return what the error headers say, by name."""
        return {
            "topic": self.topic,
            "partition": str(self.partition),
            "offset": str(self.offset),
            "stage": STAGE,
            "class.name": self.reason.value,
            "exception.message": self.detail,
        }

    def to_headers(self) -> list[tuple[str, bytes | None]]:
        """Return the original headers followed by the error's context."""
        return [*self.headers, *((PREFIX + name, text.encode()) for name, text in self.context().items())]

    @classmethod
    def from_record(
        cls, key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes | None]]
    ) -> DeadLetter:
        """Read a record of the dead-letter topic back. Raises KeyError when its error headers are missing.

        The error headers are the last ones: the record may have come with such headers of its own.
        """
        headers = tuple(headers)
        originals, ours = headers[:-CONTEXT_HEADERS], headers[-CONTEXT_HEADERS:]
        context = {name.removeprefix(PREFIX): (data or b"").decode("utf-8", "backslashreplace") for name, data in ours}
        return cls(
            key=key,
            value=value,
            headers=originals,
            topic=context["topic"],
            partition=int(context["partition"]),
            offset=int(context["offset"]),
            reason=Reason(context["class.name"]),
            detail=context["exception.message"],
        )
