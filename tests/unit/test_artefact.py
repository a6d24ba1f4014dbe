from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import artefact
from models.artefact import CARD_FILE, LITERT, LITERT_OF, WEIGHTS_FILE, ArtefactError
from models.features import FEATURES
from models.network import SHAPES, Network
from models.scorer import Scorer
from schemas.threat import CLASSES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(artefact.newest(), tmp_path / "model"))


def edit_card(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    card = json.loads((folder / CARD_FILE).read_text())
    edit(card)
    (folder / CARD_FILE).write_text(json.dumps(card))


def test_shipped_artefact_is_small_and_says_what_it_is() -> None:
    folder = artefact.newest()
    assert sum(file.stat().st_size for file in folder.iterdir()) < 2 * 1024 * 1024
    weights, card = artefact.load()
    assert card.version == folder.name
    assert set(weights) == {*SHAPES, LITERT, LITERT_OF}
    assert card.features == [feature.name for feature in FEATURES]
    assert len(card.benign_medians) == len(FEATURES)
    assert card.classes == list(CLASSES)
    assert card.data.file == "train.parquet"
    assert not set(card.data.training_captures) & set(card.data.validation_captures)
    assert card.validation.fpr <= 0.01


def test_altered_weights_are_refused(folder: Path) -> None:
    data = bytearray((folder / WEIGHTS_FILE).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / WEIGHTS_FILE).write_bytes(data)
    with pytest.raises(ArtefactError, match=rf"{WEIGHTS_FILE}: sha256 is \w+, the card says"):
        Scorer.load(folder)


def test_a_damaged_archive_is_refused(folder: Path) -> None:
    with zipfile.ZipFile(folder / WEIGHTS_FILE, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("risk.npy", bytes(10_000))
    data = bytearray((folder / WEIGHTS_FILE).read_bytes())
    data[40:44] = b"\xff" * 4  # in the stream, behind the member's header
    (folder / WEIGHTS_FILE).write_bytes(data)
    edit_card(folder, lambda card: card.update(weights_sha256=hashlib.sha256(data).hexdigest()))
    with pytest.raises(ArtefactError, match="unreadable"):
        artefact.load(folder)


@pytest.mark.parametrize("name", [CARD_FILE, WEIGHTS_FILE])
def test_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ArtefactError, match=f"{name}: No such file"):
        Scorer.load(folder)


def test_other_feature_is_named(folder: Path) -> None:
    edit_card(folder, lambda card: card["features"].__setitem__(3, "orig_packets"))
    with pytest.raises(ArtefactError, match="feature 3 is 'orig_packets', expected 'orig_pkts'"):
        Scorer.load(folder)


def test_other_number_of_features_is_refused(folder: Path) -> None:
    edit_card(folder, lambda card: card["features"].pop())
    with pytest.raises(ArtefactError, match=f"{len(FEATURES) - 1} feature names, this program has {len(FEATURES)}"):
        Scorer.load(folder)


def test_field_of_the_card_that_is_wrong_is_named(folder: Path) -> None:
    edit_card(folder, lambda card: card.update(threshold=200))
    with pytest.raises(ArtefactError, match=rf"{CARD_FILE}: threshold: Input should be less than 100"):
        Scorer.load(folder)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda weights: weights.pop("risk"), "weight risk is missing"),
        (lambda weights: weights.update(risk=np.zeros((2, 1), np.float32)), r"weight risk has shape \(2, 1\)"),
        (lambda weights: weights["class"].fill(np.nan), f"{WEIGHTS_FILE}: class: not all numbers are finite"),
    ],
)
def test_weights_that_do_not_fit_are_refused(spoil: Callable[[Any], object], message: str, tmp_path: Path) -> None:
    weights, card = artefact.load()
    spoil(weights)
    artefact.save(tmp_path, weights, card)
    with pytest.raises(ArtefactError, match=message):
        Scorer.load(tmp_path)


def test_other_number_of_medians_is_refused(tmp_path: Path) -> None:
    weights, card = artefact.load()
    artefact.save(tmp_path, weights, card.model_copy(update={"benign_medians": [1.0]}))
    with pytest.raises(ArtefactError, match="1 benign medians, this program has"):
        artefact.load(tmp_path)


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    weights, card = artefact.load()
    spoilt: Any = weights | {"risk": np.array([{}], dtype=object)}
    with pytest.raises(ValueError, match="allow_pickle=False"):
        artefact.save(tmp_path, spoilt, card)


def test_saved_artefact_loads_and_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    weights, card = artefact.load()
    first = artefact.save(tmp_path / "a", weights, card)
    second = artefact.save(tmp_path / "b", weights, card)
    assert first == second == card
    loaded, _ = artefact.load(tmp_path / "a")
    for name, weight in loaded.items():
        np.testing.assert_array_equal(weight, weights[name])
    Network(loaded)


def test_newest_version_is_the_highest_number(tmp_path: Path) -> None:
    for version in ("1.9.0", "1.10.0", "1.2.12"):
        (tmp_path / version).mkdir()
        (tmp_path / version / CARD_FILE).touch()
    assert artefact.newest(tmp_path).name == "1.10.0"


def test_no_artefact_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="ironcore train"):
        artefact.newest(tmp_path)
