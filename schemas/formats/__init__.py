"""Every form that records may take on the raw topic, turned into events.

`decode_records` takes Kafka records and returns a table of their events and their rejects. A record holds one element
or a batch (JSON array, JSON lines, msgpack array); an element is written in one of the dialects below. The headers
`content-type` and `ironcore-format` say which, else it is seen from the bytes and the keys. A dialect is one module
with one function: from the sensor's dict to an `Event`, by way of a dict in the native shape.
"""

from schemas.formats.dialects import FORMATS
from schemas.formats.envelope import CONTENT_TYPES
from schemas.formats.record import (
    MAX_ELEMENTS,
    MAX_RECORD_BYTES,
    Decoded,
    DecodedRecord,
    decode_record,
    decode_records,
)

__all__ = [
    "CONTENT_TYPES",
    "FORMATS",
    "MAX_ELEMENTS",
    "MAX_RECORD_BYTES",
    "Decoded",
    "DecodedRecord",
    "decode_record",
    "decode_records",
]
