"""Bytes to values: JSON and msgpack behind one face, their errors told as rejects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import GenericAlias
from typing import Any

import msgspec

from schemas.dead_letter import Reason, Reject
from schemas.event import Event, SecurityEvent

#: What msgspec raises for bytes that are not what they should be.
UNDECODED = (msgspec.MsgspecError, ValueError, RecursionError)
_EVENTS: Any = GenericAlias(list, (Event,))


@dataclass(frozen=True, slots=True)
class Codec:
    """One encoding. `event` and `events` raise UNDECODED; `record` and `items` tell what was wrong as a Reject."""

    name: str
    event: Callable[[bytes], SecurityEvent]
    events: Callable[[bytes], list[SecurityEvent]]
    value: Callable[[bytes], Any]
    raws: Callable[[bytes], list[msgspec.Raw]]

    def record(self, data: bytes) -> dict[str, Any]:
        """Decode one element. Raises Reject: MALFORMED, or UNKNOWN_FORMAT when it is well-formed but no object."""
        value = self._guarded(self.value, data)
        if not isinstance(value, dict):
            raise Reject(Reason.UNKNOWN_FORMAT, f"expected an object, got {_name_of(value)}")
        return value

    def items(self, data: bytes) -> list[bytes]:
        """Split an array into the bytes of its elements. Raises Reject: MALFORMED."""
        return [bytes(raw) for raw in self._guarded(self.raws, data)]

    def _guarded(self, decode: Callable[[bytes], Any], data: bytes) -> Any:
        try:
            return decode(data)
        except RecursionError:
            raise Reject(Reason.MALFORMED, f"{self.name}: nested too deep") from None
        except (msgspec.MsgspecError, ValueError) as error:
            raise Reject(Reason.MALFORMED, f"{self.name}: {error}") from None


def _name_of(value: Any) -> str:
    names = {list: "an array", str: "text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


JSON = Codec(
    "JSON",
    msgspec.json.Decoder(Event).decode,
    msgspec.json.Decoder(_EVENTS).decode,
    msgspec.json.Decoder().decode,
    msgspec.json.Decoder(list[msgspec.Raw]).decode,
)
MSGPACK = Codec(
    "msgpack",
    msgspec.msgpack.Decoder(Event).decode,
    msgspec.msgpack.Decoder(_EVENTS).decode,
    msgspec.msgpack.Decoder().decode,
    msgspec.msgpack.Decoder(list[msgspec.Raw]).decode,
)
