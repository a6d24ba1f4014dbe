"""Lines of a log become threats, by the code that a worker runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from ironcore.edge.tail import MAX_LINE_BYTES
from models.features import FeatureExtractor
from models.lite.scorer import LiteScorer
from schemas.dead_letter import Reject
from schemas.event import SecurityEvent
from schemas.formats import Decoded, decode_records
from schemas.formats.zeek_tsv import TsvReader
from schemas.threat import Threat
from streams.batch import Batch
from streams.features import measure
from streams.score import score

Headers = tuple[tuple[str, bytes], ...]
_JSON: Headers = (("content-type", b"application/json"),)
_ZEEK: Headers = (*_JSON, ("ironcore-format", b"zeek"))
_COMMENT, _OBJECT = b"#", b"{"


class _Record(NamedTuple):
    value: bytes
    headers: Headers


class Found(NamedTuple):
    """What some lines held."""

    events: int
    rejects: list[Reject]
    threats: list[Threat]
    evidence: list[SecurityEvent]  #: by threat, with its identifier
    latest_s: float  #: the latest event time, seconds since 1970; 0 without events


class Detector:
    """Keeps the windows, and Zeek's headers. One thread owns it."""

    def __init__(self, scorer: LiteScorer, *, window_entities: int) -> None:
        self._scorer, self._extractor = scorer, FeatureExtractor(window_entities=window_entities)
        self._tsv, self._is_tsv = TsvReader(), False

    def observe(self, lines: Sequence[bytes]) -> None:
        """Move the windows on, and say nothing: these lines were settled before a restart."""
        decoded = self._decode(lines)
        self._extractor.observe(decoded.table, np.zeros(len(decoded.table), np.int32))

    def detect(self, lines: Sequence[bytes]) -> Found:
        """Score lines in their order. A line that is no event is among the rejects, and nothing raises for it."""
        decoded = self._decode(lines)
        batch = Batch(slabs=(), table=decoded.table, partitions=np.zeros(len(decoded.table), np.int32))
        if len(batch.table):
            measure(batch, self._extractor)
            score(batch, self._scorer)
        return Found(
            events=len(batch.table),
            rejects=[reject for of_record in decoded.rejects.values() for reject in of_record],
            threats=batch.threats,
            evidence=[batch.table.identified(row) for row in batch.threat_rows],
            latest_s=max((event.event_time for event in batch.table.events), default=0.0),
        )

    def _decode(self, lines: Iterable[bytes]) -> Decoded:
        return decode_records(list(self._records(lines)), max_bytes=MAX_LINE_BYTES)

    def _records(self, lines: Iterable[bytes]) -> Iterator[_Record]:
        """Yield what `ironcore replay` would send: Zeek TSV as Zeek JSON, other lines as they are."""
        for line in lines:
            if line.startswith(_COMMENT):
                self._is_tsv = True
            elif line.startswith(_OBJECT):
                self._is_tsv = False
            if not self._is_tsv:
                yield _Record(line, _JSON)
                continue
            for row in self._tsv.read([line.decode("utf-8", "backslashreplace")]):
                yield _Record(line if isinstance(row, Reject) else msgspec.json.encode(row), _ZEEK)
