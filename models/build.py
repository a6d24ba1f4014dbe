"""From a labelled file to an artefact: load, split, train, calibrate, measure, save."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import artefact
from models.artefact import Card, DataCard, Figures, VerdictsCard
from models.calibration import THRESHOLD, calibrate
from models.dataset import Dataset, load
from models.evaluation import figures
from models.features import FEATURES
from models.lite.convert import arrays_of
from models.network import Network
from models.reference import Reference, reference_of
from models.scorer import Scorer
from models.split import split_captures
from models.training import Progress, train
from models.verdicts import TimeSplit, split_by_time
from schemas.threat import CLASSES

NAME, VERSION = "ironcore-flow", "1.1.1"


def build(  # noqa: PLR0913 - what `ironcore train` is asked, and two ways to hear of its progress
    path: Path,
    out: Path,
    *,
    seed: int,
    epochs: int,
    version: str = VERSION,
    verdicts: Dataset | None = None,
    loaded: Callable[[int], None] = lambda _rows: None,
    trained: Progress = lambda _epoch, _loss: None,
) -> Card:
    """Train on a labelled parquet file, write the artefact to `out` and return its card.

    Args:
        path: Labelled flows (`schemas.formats.parquet`).
        out: Folder of the artefact.
        seed: Of the split, the first weights and the order of rows.
        epochs: Passes over the training rows.
        version: Of the artefact.
        verdicts: Rows that analysts judged (`models.verdicts`). They are split by time: the earlier ones are trained
            on as well, and nothing of the time of the later ones is, of either file or verdicts.
        loaded: Called with the number of rows read since the last call.
        trained: Called after each epoch with its number and mean loss.

    Raises:
        ValueError: The file cannot be read, or its captures cannot be split.
    """
    split = split_by_time(verdicts) if verdicts is not None else None
    data = load(path, loaded)
    if split:
        data = data.where(data.event_time < split.train_until)
    network, held_out = fit(data, split.train if split else None, seed=seed, epochs=epochs, trained=trained)
    validation = data.where(held_out)
    card = Card(
        name=NAME,
        version=version,
        created=datetime.now(UTC).date().isoformat(),
        seed=seed,
        epochs=epochs,
        data=_data_card(path, data, validation),
        validation=Figures(rows=len(validation), roc_auc=0, average_precision=0, recall=0, fpr=0, recall_by_class={}),
        threshold=THRESHOLD,
        classes=list(CLASSES),
        features=[feature.name for feature in FEATURES],
        benign_medians=_benign_medians(data.where(~held_out)),
        weights_sha256="",
    )
    scorer = Scorer(network, card)
    card = card.model_copy(
        update={
            "validation": _figures(validation, scorer),
            "reference": _reference(data.where(~held_out), scorer),
            "verdicts": _verdicts(split, scorer) if split else None,
        }
    )
    return artefact.save(out, arrays_of(network, card), card)


def fit(
    data: Dataset,
    verdicts: Dataset | None = None,
    *,
    seed: int,
    epochs: int,
    trained: Progress = lambda _epoch, _loss: None,
) -> tuple[Network, NDArray[np.bool_]]:
    """Train on most captures, calibrate on those held out, and return the network and (n,) which rows were held out.

    Verdicts are trained on and never calibrated on: all of them are of threats, so that they are no sample of traffic.

    Raises:
        ValueError: The captures cannot be split.
    """
    held_out = split_captures(data, seed)
    taught = data.where(~held_out)
    if verdicts is not None:
        taught = taught.and_then(verdicts)
    network = train(taught, seed=seed, epochs=epochs, progress=trained)
    calibrate(network, data.where(held_out))
    return network, held_out


def _data_card(path: Path, data: Dataset, validation: Dataset) -> DataCard:
    held_out = sorted(set(validation.capture.tolist()))
    return DataCard(
        file=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        rows=len(data),
        training_captures=sorted(set(data.capture.tolist()) - set(held_out)),
        validation_captures=held_out,
    )


def refer(folder: Path, path: Path) -> Card:
    """Give the artefact in `folder` the reference of its own training rows and its LiteRT model; its weights stay.

    Raises:
        ArtefactError: The artefact is not valid.
        ValueError: The file is not the one that it was trained on.
    """
    weights, card = artefact.load(folder)
    if (digest := hashlib.sha256(path.read_bytes()).hexdigest()) != card.data.sha256:
        raise ValueError(f"{path}: sha256 is {digest}, the card's training file has {card.data.sha256}")
    data = load(path)
    trained_on = data.where(np.isin(data.capture, card.data.training_captures))
    return artefact.save(
        folder,
        arrays_of(Network(weights), card),
        card.model_copy(update={"reference": _reference(trained_on, Scorer.load(folder))}),
    )


def _verdicts(split: TimeSplit, scorer: Scorer) -> VerdictsCard:
    later = split.validation
    threat = scorer.score(later.features).threat
    return VerdictsCard(
        trained=len(split.train),
        validated=len(later),
        split_time=split.from_time,
        recall=float(threat[later.malicious].mean()) if later.malicious.any() else None,
        false_alarms=float(threat[~later.malicious].mean()) if not later.malicious.all() else None,
    )


def _reference(trained_on: Dataset, scorer: Scorer) -> Reference:
    benign = trained_on.features[~trained_on.malicious]
    return reference_of(benign, scorer.score(benign).risk)


def _benign_medians(data: Dataset) -> list[float | None]:
    """Return each feature's median over benign rows; None where more than half of them do not report it."""
    benign = data.features[~data.malicious]
    medians = np.median(np.nan_to_num(benign, nan=-np.inf), axis=0)
    return [None if np.isinf(median) else float(median) for median in medians]


def _figures(validation: Dataset, scorer: Scorer) -> Figures:
    scores = scorer.score(validation.features)
    measured = figures(validation, scores, scorer.threshold)
    by_class = {
        threat_class: float(scores.threat[validation.classes == index].mean())
        for index, threat_class in enumerate(CLASSES)
        if index and (validation.classes == index).any()
    }
    return Figures(
        rows=measured["rows"],
        roc_auc=measured["roc_auc"],
        average_precision=measured["average_precision"],
        recall=measured["recall"],
        fpr=measured["fpr"],
        recall_by_class=by_class,
    )
