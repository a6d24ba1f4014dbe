"""The two forms of frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

Message = dict[str, Any]


class Codec(NamedTuple):
    """Encodes a frame, or a part of one that many frames share."""

    name: str
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]
    as_text: bool

    def message(self, frame: Any) -> Message:
        """Return the ASGI message that sends a frame."""
        data = self.encode(frame)
        if self.as_text:
            return {"type": "websocket.send", "text": data.decode()}
        return {"type": "websocket.send", "bytes": data}


CODECS = {
    "msgpack": Codec("msgpack", msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder().decode, as_text=False),
    "json": Codec("json", msgspec.json.Encoder().encode, msgspec.json.Decoder().decode, as_text=True),
}
