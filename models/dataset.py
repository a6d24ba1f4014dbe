"""A labelled file as matrices, through the very feature code of the stream."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.features import FeatureExtractor
from schemas.formats.parquet import LabelledFlow, read_flows
from schemas.table import tabulate
from schemas.threat import CLASSES, ThreatClass

#: Class by kind of attack, as the labelled files name them.
CLASS_OF_ATTACK: dict[str, ThreatClass] = {
    "benign": ThreatClass.BENIGN,
    "botnet": ThreatClass.COMMAND_AND_CONTROL,
    "c2": ThreatClass.COMMAND_AND_CONTROL,
    "malware_download": ThreatClass.COMMAND_AND_CONTROL,
    "bruteforce": ThreatClass.BRUTE_FORCE,
    "dos": ThreatClass.DENIAL_OF_SERVICE,
    "scan": ThreatClass.SCAN,
    "scan_bruteforce": ThreatClass.SCAN,
    "exploit": ThreatClass.EXPLOIT,
    "web": ThreatClass.EXPLOIT,
}
_BATCH = 4096


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows of a labelled file, capture by capture, each in event-time order."""

    features: NDArray[np.float32]  #: (n, len(FEATURES))
    malicious: NDArray[np.bool_]  #: (n,)
    classes: NDArray[np.int64]  #: (n,) index into CLASSES
    attack: NDArray[np.str_]  #: (n,)
    capture: NDArray[np.str_]  #: (n,)
    source: NDArray[np.str_]  #: (n,)
    event_time: NDArray[np.float64]  #: (n,) seconds since 1970

    def __len__(self) -> int:
        return len(self.malicious)

    @property
    def network(self) -> NDArray[np.str_]:
        """Return (n,) the network that each row was recorded on.

        A capture is a network of its own, but for those named `attack@day`: they cut the days of one network, their
        source's, by attack.
        """
        is_part = np.char.find(self.capture, "@") >= 0
        return np.where(is_part, self.source, self.capture)

    def where(self, chosen: NDArray[np.bool_]) -> Dataset:
        """Return the chosen rows."""
        return Dataset(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def and_then(self, other: Dataset) -> Dataset:
        """Return these rows and then another's."""
        names = self.__dataclass_fields__
        return Dataset(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in names))


def load(path: Path, progress: Callable[[int], None] = lambda _: None) -> Dataset:
    """Read a labelled file and extract its features.

    Each capture is a network of its own: it gets a partition of its own, so that windows never mix captures.

    Args:
        path: Parquet file with the columns of `schemas.formats.parquet`, labelled.
        progress: Called with the number of rows done since the last call.

    Raises:
        ValueError: The file is unreadable, empty or unlabelled, or names an attack that has no class.
    """
    captures: dict[str, list[LabelledFlow]] = defaultdict(list)
    for flow in read_flows(path):
        captures[flow.capture or ""].append(flow)
    if not captures:
        raise ValueError(f"{path}: no rows")
    extractor, matrices, flows = FeatureExtractor(), [], []
    for partition, rows in enumerate(captures.values()):
        rows.sort(key=lambda flow: flow.event.event_time)
        for start in range(0, len(rows), _BATCH):
            events = [flow.event for flow in rows[start : start + _BATCH]]
            matrices.append(extractor.extract(tabulate(events)[0], np.full(len(events), partition, np.int32)))
            progress(len(events))
        flows += rows
    return _labelled(path, np.concatenate(matrices), flows)


def _labelled(path: Path, features: NDArray[np.float32], flows: list[LabelledFlow]) -> Dataset:
    attacks = [flow.attack or "" for flow in flows]
    unknown = sorted(set(attacks) - CLASS_OF_ATTACK.keys())
    if unknown:
        raise ValueError(f"{path}: no class for attack {unknown[0]!r}; known: {', '.join(CLASS_OF_ATTACK)}")
    return Dataset(
        features=features,
        malicious=np.array([bool(flow.malicious) for flow in flows]),
        classes=np.array([CLASSES.index(CLASS_OF_ATTACK[attack]) for attack in attacks]),
        attack=np.array(attacks),
        capture=np.array([flow.capture or "" for flow in flows]),
        source=np.array([flow.source or "" for flow in flows]),
        event_time=np.array([flow.event.event_time for flow in flows]),
    )
