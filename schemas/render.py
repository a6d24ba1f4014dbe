"""The forms in which a threat leaves the pipeline, and the headers that tell which one a record has."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import msgspec

from schemas.ocsf_finding import to_ocsf
from schemas.threat import Threat

Header = tuple[str, bytes]


class Form(StrEnum):
    """How a threat is written."""

    JSON = "json"  #: `Threat` v1 as JSON
    MSGPACK = "msgpack"  #: the same as a msgpack map
    OCSF = "ocsf"  #: an OCSF Detection Finding as JSON


_WRITERS: dict[Form, tuple[bytes, bytes, Callable[[Threat], bytes]]] = {
    Form.JSON: (b"application/json", b"threat/1", msgspec.json.Encoder().encode),
    Form.MSGPACK: (b"application/msgpack", b"threat/1", msgspec.msgpack.Encoder().encode),
    Form.OCSF: (b"application/json", b"ocsf/2004", lambda threat: msgspec.json.encode(to_ocsf(threat))),
}


def render(threat: Threat, form: Form, document: bytes | None = None) -> tuple[bytes, list[Header]]:
    """Return the bytes of a `ThreatStruct` and the headers that go with them.

    Args:
        threat: What is written.
        form: How.
        document: The threat as JSON, if it has been written already.
    """
    content_type, schema, write = _WRITERS[form]
    value = document if document is not None and form is Form.JSON else write(threat)
    return value, [("content-type", content_type), ("ironcore-schema", schema)]
