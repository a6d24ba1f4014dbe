"""An artefact: weights without code (npz), the LiteRT model made of them, and a card that says what they are."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.features import FEATURES
from models.reference import Reference
from schemas.assignment import ArtefactReference
from schemas.threat import CLASSES, ThreatClass

#: Where the artefacts that are shipped lie, one folder a version.
SHIPPED = Path(__file__).parent / "artefacts"
WEIGHTS_FILE, CARD_FILE = "weights.npz", "card.json"
MAX_WEIGHTS_BYTES = 16 * 1024 * 1024
#: Arrays of the weights' file that hold bytes: the LiteRT model, and the hash of the weights that it was made of.
BYTES = LITERT, LITERT_OF = "litert", "litert_of"


class ArtefactError(ValueError):
    """The artefact is missing, altered or made for other features. The message says which and where."""


class DataCard(BaseModel):
    """What the model was trained on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = Field(description="Name of the training file.")
    sha256: str = Field(description="Its hash.")
    rows: int = Field(description="Its rows.")
    training_captures: list[str] = Field(description="Captures that were trained on.")
    validation_captures: list[str] = Field(
        description="Captures held out: the threshold and the figures come from them."
    )


class Figures(BaseModel):
    """Figures on the validation captures, at the card's threshold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    roc_auc: float
    average_precision: float
    recall: float = Field(description="Share of malicious rows with risk at or above the threshold.")
    fpr: float = Field(description="Share of benign rows with risk at or above the threshold.")
    recall_by_class: dict[ThreatClass, float]


class VerdictsCard(BaseModel):
    """Verdicts of analysts, split by time: what was trained on is older than what is measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trained: int = Field(description="Threats that were trained on.")
    validated: int = Field(description="Threats that were held out, all of them later.")
    split_time: float = Field(description="From when on nothing was trained on, seconds since 1970.")
    recall: float | None = Field(description="Share of the later true positives at or above the threshold.")
    false_alarms: float | None = Field(description="Share of the later false and benign positives that still are.")


class LocalCard(BaseModel):
    """Unlabelled traffic of one network, to which a model was fitted: the figures of its card are its source's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(description="Version that was fitted.")
    since_time: float = Field(description="Event time of the span's begin, seconds since 1970.")
    until_time: float = Field(description="And of its end, which is not part of it.")
    flows: int = Field(description="Flows of the span.")
    sampled: int = Field(description="Of them, those that were looked at, spread evenly.")
    usual: int = Field(description="Of those, the ones that showed no behaviour, which it was fitted to.")


class Card(BaseModel):
    """Model card (Mitchell et al., FAT* 2019), as much of it as a machine can check or fill."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str = Field(
        pattern=r"^\d+\.\d+\.\d+(\+[0-9A-Za-z.-]+)?$",
        max_length=64,
        description="Three numbers, and what was made of them behind a plus (https://semver.org, item 10).",
    )
    created: str = Field(description="Day, ISO 8601.")
    seed: int
    epochs: int
    data: DataCard
    validation: Figures
    threshold: float = Field(gt=0, lt=100, description="Risk from which an event is a threat.")
    classes: list[ThreatClass]
    features: list[str] = Field(description="Columns of the input, in order.")
    benign_medians: list[float | None] = Field(description="By feature; null when it is usually not reported.")
    weights_sha256: str
    reference: Reference | None = Field(
        None, description="What drift is measured against; without it, it is not measured."
    )
    verdicts: VerdictsCard | None = Field(None, description="Of analysts, when they were trained on.")
    local: LocalCard | None = Field(None, description="The network that it was fitted to, when it was.")

    def medians(self) -> NDArray[np.float32]:
        """Return (len(features),) benign medians, NaN where a feature is usually not reported."""
        return np.array([np.nan if median is None else median for median in self.benign_medians], np.float32)


@dataclass(frozen=True, slots=True)
class Packed:
    """An artefact as bytes, not yet verified. `where` is what errors name."""

    card: bytes
    weights: bytes
    where: str

    @property
    def sha256(self) -> str:
        """Return the hash of the card, which holds that of the weights."""
        return hashlib.sha256(self.card).hexdigest()

    @property
    def referred(self) -> ArtefactReference:
        """Return name, version and hash. Raises ArtefactError when the card cannot be read."""
        card = card_of(self)
        return ArtefactReference(name=card.name, version=card.version, sha256=self.sha256)


C = TypeVar("C", bound=Card)


def save(folder: Path, weights: Mapping[str, NDArray[Any]], card: Card) -> Card:
    """Write weights and card to a folder, which is made, and return the card with the weights' hash filled in."""
    packed = pack(weights, card)
    write(folder, packed)
    return card_of(packed)


def write(folder: Path, packed: Packed) -> None:
    """Write an artefact's files to a folder, which is made. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS_FILE).write_bytes(packed.weights)
    (folder / CARD_FILE).write_bytes(packed.card)


def pack(weights: Mapping[str, NDArray[Any]], card: Card) -> Packed:
    """Return weights and card as bytes, with the weights' hash filled in."""
    data = _pack(weights)
    card = card.model_copy(update={"weights_sha256": hashlib.sha256(data).hexdigest()})
    return Packed((card.model_dump_json(indent=1) + "\n").encode(), data, f"{card.name} {card.version}")


def with_model(weights: Mapping[str, NDArray[np.float32]], model: bytes) -> dict[str, NDArray[Any]]:
    """Return what an artefact's file of weights holds: the weights, and the LiteRT model that was made of them."""
    digest = hashlib.sha256(_pack(weights)).digest()
    return {**weights, LITERT: np.frombuffer(model, np.uint8), LITERT_OF: np.frombuffer(digest, np.uint8)}


def model_of(packed: Packed) -> tuple[bytes, Card]:
    """Verify an artefact and return its LiteRT model and its card.

    Raises:
        ArtefactError: As `unpack`; or there is no model (older versions made none), or it is that of other weights.
    """
    arrays, card = unpack(packed)
    if LITERT not in arrays:
        raise ArtefactError(f"{packed.where}: no LiteRT model in it, since an older version made it")
    weights = {name: array for name, array in arrays.items() if name not in BYTES}
    if hashlib.sha256(_pack(weights)).digest() != arrays.get(LITERT_OF, np.empty(0, np.uint8)).tobytes():
        raise ArtefactError(f"{packed.where}: its LiteRT model was made of other weights")
    return arrays[LITERT].tobytes(), card


def load(folder: Path | None = None) -> tuple[dict[str, NDArray[Any]], Card]:
    """Read and verify an artefact.

    Args:
        folder: Its folder; None is the newest shipped version.

    Raises:
        ArtefactError: A file is absent or unreadable, the weights' hash is not the card's, or features or classes are
            not this program's.
    """
    return unpack(read(folder or newest()))


def read(folder: Path) -> Packed:
    """Read an artefact's files. Raises ArtefactError when one is absent, too large or unreadable."""
    return Packed(_read(folder / CARD_FILE), _read(folder / WEIGHTS_FILE), str(folder))


def unpack(packed: Packed) -> tuple[dict[str, NDArray[Any]], Card]:
    """Verify an artefact and return its weights (float32; the LiteRT model as bytes) and card.

    Raises:
        ArtefactError: The weights' hash is not the card's, features or classes are not this program's, or a weight is
            not finite.
    """
    card = card_of(packed)
    weights = f"{packed.where}/{WEIGHTS_FILE}"
    _verify(packed.weights, card.weights_sha256, weights)
    _check_names(f"{packed.where}/{CARD_FILE}", card)
    try:
        with np.load(io.BytesIO(packed.weights), allow_pickle=False) as arrays:
            found = {name: arrays[name].astype(np.uint8 if name in BYTES else np.float32) for name in arrays.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ArtefactError(f"{weights}: unreadable: {error}") from error
    if wrong := [name for name, array in found.items() if not np.isfinite(array).all()]:
        raise ArtefactError(f"{weights}: {', '.join(wrong)}: not all numbers are finite")
    return found, card


def card_of(packed: Packed) -> Card:
    """Return the card. Raises ArtefactError naming the field that is wrong."""
    return _parse(packed.card, f"{packed.where}/{CARD_FILE}", Card)


def newest(root: Path = SHIPPED) -> Path:
    """Return the folder of the highest version (numbers compared as numbers). Raises ArtefactError without any."""
    folders = [folder for folder in root.glob("*.*.*") if (folder / CARD_FILE).is_file()]
    if not folders:
        raise ArtefactError(f"{root}: no artefact is there; train one with `ironcore train`")
    return max(folders, key=lambda folder: tuple(int(part) for part in folder.name.split(".")))


def read_verified(path: Path, sha256: str) -> bytes:
    """Return a file's bytes. Raises ArtefactError when it is absent, too large, or of another hash."""
    data = _read(path)
    _verify(data, sha256, str(path))
    return data


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_WEIGHTS_BYTES:
            raise ArtefactError(f"{path}: {size} bytes, more than {MAX_WEIGHTS_BYTES}")
        return path.read_bytes()
    except OSError as error:
        raise ArtefactError(f"{path}: {error.strerror}") from error


def read_card(path: Path, kind: type[C]) -> C:
    """Read a card. Raises ArtefactError when a field is wrong, or features or classes are not this program's."""
    card = _parse(_read(path), str(path), kind)
    _check_names(str(path), card)
    return card


def _parse(data: bytes, where: str, kind: type[C]) -> C:
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise ArtefactError(f"{where}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _verify(data: bytes, sha256: str, where: str) -> None:
    digest = hashlib.sha256(data).hexdigest()
    if digest != sha256:
        raise ArtefactError(f"{where}: sha256 is {digest}, the card says {sha256}")


def _check_names(where: str, card: Card) -> None:
    """Refuse a card whose columns are not this program's, naming the first that differs."""
    for what, theirs, ours in (
        ("feature", card.features, [feature.name for feature in FEATURES]),
        ("class", list(card.classes), list(CLASSES)),
    ):
        if len(theirs) != len(ours):
            raise ArtefactError(f"{where}: {len(theirs)} {what} names, this program has {len(ours)}")
        for position, (their, our) in enumerate(zip(theirs, ours, strict=True)):
            if their != our:
                raise ArtefactError(f"{where}: {what} {position} is {their!r}, expected {our!r}")
    if len(card.benign_medians) != len(FEATURES):
        raise ArtefactError(f"{where}: {len(card.benign_medians)} benign medians, this program has {len(FEATURES)}")
    if card.reference is not None and len(card.reference.features) != len(FEATURES):
        raise ArtefactError(f"{where}: the reference has {len(card.reference.features)} features, not {len(FEATURES)}")


def _pack(weights: Mapping[str, NDArray[Any]]) -> bytes:
    """Return an npz with fixed times: the same weights give the same bytes, which `np.savez` does not promise."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(weights):
            member = io.BytesIO()
            np.save(member, weights[name], allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), member.getvalue())
    return buffer.getvalue()
