from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models import artefact
from models.artefact import CARD_FILE, ArtefactError, read_card
from models.dataset import load
from models.lite import export as exporting
from models.lite.card import MAX_AUC_LOSS, MAX_MODEL_BYTES, MODEL_FILE, LiteCard
from models.lite.convert import arrays_of
from models.lite.export import ExportError, export
from models.lite.scorer import LiteScorer
from models.metrics import roc_auc
from models.network import Network
from models.runtime import tf
from models.scorer import Scorer
from tests.unit.test_network import rows
from tests.unit.test_train import write

EVAL = Path(__file__).parents[2].parent / "shared" / "data" / "flows" / "eval.parquet"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lite")
    export(None, folder)
    return folder


@pytest.fixture(scope="module")
def lite(folder: Path) -> LiteScorer:
    return LiteScorer.load(folder)


@pytest.fixture(scope="module")
def source() -> Scorer:
    return Scorer.load()


def test_export_is_small_has_int8_weights_and_says_what_it_is(folder: Path) -> None:
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415

    card, theirs = read_card(folder / CARD_FILE, LiteCard), artefact.load()[1]
    assert (folder / MODEL_FILE).stat().st_size == card.model_bytes < MAX_MODEL_BYTES
    assert (card.version, card.threshold, card.features) == (theirs.version, theirs.threshold, theirs.features)
    assert card.weights_sha256 == theirs.weights_sha256
    assert card.agreement is None
    tensors = Interpreter(model_path=str(folder / MODEL_FILE)).get_tensor_details()
    quantised = [tensor["shape"] for tensor in tensors if tensor["dtype"] == np.int8]
    assert len(quantised) >= 4
    assert all(shape.min() >= 32 for shape in quantised)  # the layers; codes and behaviours stay in float


def test_scores_and_reasons_are_nearly_those_of_the_source(lite: LiteScorer, source: Scorer) -> None:
    features = rows(1000)
    ours, theirs = lite.score(features), source.score(features)
    assert np.abs(ours.risk - theirs.risk).mean() < 0.1
    assert np.abs(ours.class_probabilities - theirs.class_probabilities).mean() < 0.01
    assert np.abs(ours.anomaly - theirs.anomaly).mean() < 0.02
    named = [[reason.name for reason in reasons[:1]] for reasons in lite.explain(features[:200])]
    expected = [[reason.name for reason in reasons[:1]] for reasons in source.explain(features[:200])]
    assert sum(map(len, expected)) > 100
    assert np.mean([ours == theirs for ours, theirs in zip(named, expected, strict=True)]) > 0.95


@pytest.fixture(scope="module")
def stream() -> LiteScorer:
    """Return what a worker scores by: the same network in float32."""
    return LiteScorer.of(artefact.read(artefact.newest()))


@pytest.mark.parametrize("count", [1, 7, 40, 300, 1000])
def test_a_worker_scores_and_explains_as_tensorflow_does(count: int, stream: LiteScorer, source: Scorer) -> None:
    features = rows(count)
    ours, theirs = stream.score(features), source.score(features)
    for name in ("anomaly", "class_probabilities", "risk"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-4, atol=1e-3)
    assert (stream.version, stream.threshold) == (source.version, source.threshold)
    for our, their in zip(stream.explain(features[:70]), source.explain(features[:70]), strict=True):
        expected = {reason.name: reason.contribution for reason in their[:3] if abs(reason.contribution) > 0.01}
        given = {reason.name: reason.contribution for reason in our if reason.name in expected}
        assert given == pytest.approx(expected, rel=1e-2, abs=1e-3)


@pytest.mark.parametrize("scorer", ["lite", "stream"])
def test_neighbours_do_not_change_scores(scorer: str, request: pytest.FixtureRequest) -> None:
    features, scored = rows(700), request.getfixturevalue(scorer)
    whole = scored.score(features)
    one_by_one = [scored.score(features[row : row + 1]).risk[0] for row in range(700)]
    np.testing.assert_array_equal(one_by_one, whole.risk)
    in_pieces = [scored.score(features[start : start + 13]).risk for start in range(0, 700, 13)]
    np.testing.assert_array_equal(np.concatenate(in_pieces), whole.risk)


def test_an_artefact_without_the_model_is_refused(tmp_path: Path) -> None:
    weights, card = artefact.load()
    artefact.save(tmp_path, {name: array for name, array in weights.items() if name != artefact.LITERT}, card)
    with pytest.raises(ArtefactError, match="no LiteRT model in it"):
        LiteScorer.of(artefact.read(tmp_path))


def test_the_model_of_other_weights_is_refused(tmp_path: Path) -> None:
    weights, card = artefact.load()
    artefact.save(tmp_path, weights | {"risk_bias": weights["risk_bias"] + 1}, card)
    with pytest.raises(ArtefactError, match="its LiteRT model was made of other weights"):
        LiteScorer.of(artefact.read(tmp_path))


def test_a_model_of_other_width_is_refused(tmp_path: Path) -> None:
    """It is a LiteRT model, and fails when it is made ready."""
    module = tf.Module()
    row = [tf.TensorSpec((None, 3), tf.float32, name="features")]
    module.score = module.explain = tf.function(lambda features: {"risk": features @ tf.ones((3, 1))}, row)
    signatures = {name: module.score.get_concrete_function() for name in ("score", "explain")}
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures=signatures)
    model = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "saved"), list(signatures)).convert()
    weights, card = artefact.load()
    weights = {name: array for name, array in weights.items() if name not in artefact.BYTES}
    artefact.save(tmp_path / "other", artefact.with_model(weights, model), card)
    with pytest.raises(ArtefactError, match=str(tmp_path / "other")):
        LiteScorer.of(artefact.read(tmp_path / "other"))


@pytest.mark.parametrize("spoilt", [b"", b"no model", "half"])
def test_what_is_no_model_is_refused(spoilt: bytes | str, tmp_path: Path) -> None:
    weights, card = artefact.load()
    model = weights[artefact.LITERT].tobytes()
    data = spoilt if isinstance(spoilt, bytes) else model[: len(model) // 2]
    artefact.save(tmp_path, weights | {artefact.LITERT: np.frombuffer(data, np.uint8)}, card)
    with pytest.raises(ArtefactError, match=str(tmp_path)):
        LiteScorer.of(artefact.read(tmp_path))


def test_the_shipped_model_is_made_of_the_shipped_weights() -> None:
    # Not byte by byte: constants are folded at the conversion, and processors round some of them differently.
    weights, card = artefact.load()
    shipped, anew = (
        LiteScorer(arrays[artefact.LITERT].tobytes(), card) for arrays in (weights, arrays_of(Network(weights), card))
    )
    features = rows(1000)
    ours, theirs = shipped.score(features), anew.score(features)
    np.testing.assert_allclose(ours.risk, theirs.risk, atol=1e-3)
    np.testing.assert_allclose(ours.class_probabilities, theirs.class_probabilities, atol=1e-5)
    np.testing.assert_allclose(ours.anomaly, theirs.anomaly, atol=1e-5)


def test_a_worker_does_without_tensorflow() -> None:
    script = "import sys, streams.worker; print([name for name in sys.modules if name.split('.')[0] == 'tensorflow'])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_no_rows_have_no_scores(lite: LiteScorer) -> None:
    scores = lite.score(rows(0))
    assert scores.risk.shape == scores.threat.shape == scores.class_numbers.shape == (0,)
    assert lite.explain(rows(0)) == []


def test_matrix_of_other_columns_is_refused(lite: LiteScorer) -> None:
    with pytest.raises(ValueError, match=r"features have shape \(2, 3\)"):
        lite.score(np.zeros((2, 3), np.float32))


def test_altered_model_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    (copy / MODEL_FILE).write_bytes((folder / MODEL_FILE).read_bytes()[:-1] + b"x")
    with pytest.raises(ArtefactError, match=f"{MODEL_FILE}: sha256 is"):
        LiteScorer.load(copy)


def test_agreement_is_measured_on_labelled_rows_and_kept(tmp_path: Path) -> None:
    card = export(None, tmp_path / "out", write(tmp_path / "flows.parquet", captures=2, count=30))
    assert card.agreement is not None
    assert (card.agreement.file, card.agreement.rows) == ("flows.parquet", 120)
    assert abs(card.agreement.auc_loss) <= MAX_AUC_LOSS
    assert read_card(tmp_path / "out" / CARD_FILE, LiteCard) == card


def test_export_that_scores_too_differently_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flows = write(tmp_path / "flows.parquet", captures=2, count=30)
    monkeypatch.setattr(exporting, "MAX_AUC_LOSS", -1.0)
    with pytest.raises(ExportError, match=r"ROC-AUC on flows.parquet falls from"):
        export(None, tmp_path / "out", flows)
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not EVAL.is_file(), reason="the labelled flows are not beside the checkout")
def test_auc_on_later_days_is_the_sources(lite: LiteScorer, source: Scorer) -> None:
    data = load(EVAL)
    auc = roc_auc(data.malicious, lite.score(data.features).risk)
    assert abs(auc - roc_auc(data.malicious, source.score(data.features).risk)) <= MAX_AUC_LOSS
