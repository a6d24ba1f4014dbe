"""What comes of a sensor's lines on their way to threats, measured in whatever process asks."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from ironcore.edge.detect import Detector
from models.features import FeatureExtractor
from models.lite.scorer import LiteScorer

ROOT = Path(__file__).parents[2]
ENTITIES = 1024
_IN_A_LIGHT_PROCESS = """
import pickle, sys
from ironcore.edge.light import HEAVY, bar_heavy
bar_heavy()
from pathlib import Path
from tests.unit.sensor import measured
batches, model = pickle.load(sys.stdin.buffer)
pickle.dump(measured(batches, model), sys.stdout.buffer)
loaded = [name for name in (*HEAVY, "pandas") if sys.modules.get(name)]
assert not loaded, loaded
"""


class Measured(NamedTuple):
    """What n lines gave, stage by stage."""

    columns: dict[str, list[Any]]  #: of the decoded tables, by name
    features: NDArray[np.float32]  #: (events, features)
    shown: dict[str, list[Any]]  #: by kind, (row in its batch, traits, strengths) of each of its events
    rejected: list[str]
    threats: list[dict[str, Any]]  #: without the time at which they were scored


def measured(batches: Sequence[Sequence[bytes]], model: Path) -> Measured:
    """Take lines, batch by batch, through decoding, features and kinds, and once more through the sensor's detector."""
    scorer = LiteScorer.load(model)
    reader, detector = (Detector(scorer, window_entities=ENTITIES) for _ in range(2))
    extractor = FeatureExtractor(window_entities=ENTITIES)
    found = Measured({}, np.empty((0, 0), np.float32), {}, [], [])
    features = []
    for lines in batches:
        table = reader._decode(lines).table
        for name in table.columns.schema.names if hasattr(table.columns, "schema") else table.columns:
            found.columns.setdefault(name, []).extend(table.columns[name].to_pylist())
        partitions = np.zeros(len(table), np.int32)
        features.append(extractor.extract(table, partitions))
        for part in extractor.kinds.look(table, partitions):
            rows = zip(part.rows.tolist(), part.traits.tolist(), part.strengths.tolist(), strict=True)
            found.shown.setdefault(part.kind.kind, []).extend(rows)
        seen = detector.detect(lines)
        found.rejected.extend(reject.detail for reject in seen.rejects)
        found.threats.extend(msgspec.to_builtins(threat) | {"scored_time": 0} for threat in seen.threats)
    return found._replace(features=np.concatenate(features))


def measured_lightly(batches: Sequence[Sequence[bytes]], model: Path) -> Measured:
    """Do the same in a process of its own in which what is heavy is barred."""
    done = subprocess.run(
        [sys.executable, "-c", _IN_A_LIGHT_PROCESS], input=pickle.dumps((batches, model)), cwd=ROOT,
        capture_output=True, check=False,
    )  # fmt: skip
    told = done.stderr.decode()
    assert done.returncode == 0, told
    assert "Warning" not in told, told
    return pickle.loads(done.stdout)  # type: ignore[no-any-return]
