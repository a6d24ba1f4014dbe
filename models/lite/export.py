"""Export: an artefact's network, heads and reasons, as one LiteRT file with int8 weights, and its card.

The large dense layers carry int8 weights, a scale for each output (Jacob et al., CVPR 2018), and their inputs are
quantised row by row as they come (LiteRT's dynamic range). Codes, behaviours and the join of the heads stay in float:
a counter of nine decades has no int8, and the formulas must say on a sensor what they say at the centre. So nothing
has to be calibrated on representative rows, and no row's scores depend on those that it is scored with.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from models import artefact
from models.artefact import CARD_FILE
from models.dataset import Dataset, load
from models.lite.card import MAX_AUC_LOSS, MAX_MODEL_BYTES, MODEL_FILE, Agreement, LiteCard
from models.lite.convert import convert
from models.lite.scorer import LiteScorer
from models.metrics import roc_auc
from models.network import Network
from models.scorer import Scorer


class ExportError(ValueError):
    """The exported network is too large, or scores too differently. The message has the figures."""


def export(source: Path | None, out: Path, labelled: Path | None = None) -> LiteCard:
    """Export an artefact to a folder, which is made, and return the card that was written there.

    Args:
        source: The artefact's folder; None is the newest shipped one.
        out: Where `model.tflite` and `card.json` go.
        labelled: Labelled flows in parquet, on which the export is held against its source.

    Raises:
        ArtefactError: The source is missing or altered.
        ExportError: The file is larger than 200 kB, or the ROC-AUC falls by more than 0.02; nothing is written.
        ValueError: The labelled file cannot be read, or holds one class only.
    """
    weights, card = artefact.load(source)
    model = convert(Network(weights), card, int8=True)
    if len(model) > MAX_MODEL_BYTES:
        raise ExportError(f"the exported network has {len(model)} bytes, more than {MAX_MODEL_BYTES}")
    made = LiteCard(
        **card.model_dump(),
        model_sha256=hashlib.sha256(model).hexdigest(),
        model_bytes=len(model),
        weights_type="int8",
        agreement=None,
    )
    if labelled is not None:
        data = load(labelled)
        if data.malicious.all() or not data.malicious.any():
            raise ValueError(f"{labelled}: all rows have the same label, so that no ROC-AUC can be told")
        agreement = agree(Scorer.load(source), LiteScorer(model, made), data, labelled)
        if agreement.auc_loss > MAX_AUC_LOSS:
            raise ExportError(
                f"ROC-AUC on {labelled.name} falls from {agreement.source_roc_auc:.4f} to {agreement.roc_auc:.4f}, "
                f"by more than {MAX_AUC_LOSS}"
            )
        made = made.model_copy(update={"agreement": agreement})
    out.mkdir(parents=True, exist_ok=True)
    (out / MODEL_FILE).write_bytes(model)
    (out / CARD_FILE).write_text(made.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return made


def agree(source: Scorer, lite: LiteScorer, data: Dataset, path: Path) -> Agreement:
    """Hold an exported network against its source on labelled rows."""
    theirs, ours = source.score(data.features), lite.score(data.features)
    return Agreement(
        file=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        rows=len(data),
        roc_auc=roc_auc(data.malicious, ours.risk),
        source_roc_auc=roc_auc(data.malicious, theirs.risk),
        same_verdict=float(np.mean(theirs.threat == ours.threat)),
    )
