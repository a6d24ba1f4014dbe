from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from models.behaviours import ALERT_STRENGTH, BEHAVIOURS, strengths
from models.features import FEATURES
from models.network import MAX_LOGIT
from models.runtime import tf
from models.scorer import EXPLAIN_SHAPES, SHAPES, Scorer
from schemas.event import Event
from schemas.threat import CLASSES, ThreatClass
from tests.unit.model_events import COLUMN, NOON, extract, failed_login, flow, refused


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    scorer = Scorer.load()
    scorer.warm_up()
    return scorer


def rows(count: int, seed: int = 0) -> NDArray[np.float32]:
    """Return rows of believable sizes, a fifth of the values missing."""
    generator = np.random.default_rng(seed)
    features = np.exp(generator.normal(2, 2, (count, len(FEATURES)))).astype(np.float32)
    features[generator.random(features.shape) < 0.2] = np.nan
    features[:, COLUMN["alert_severity"]] = np.nan
    return features


def strongest(events: list[Any]) -> dict[ThreatClass, float]:
    """Return the strength of each behaviour in the last event."""
    shown = strengths(tf.constant(extract(events)[-1:])).numpy()[0]
    return {behaviour.threat_class: float(value) for behaviour, value in zip(BEHAVIOURS, shown, strict=True)}


def office_day() -> list[Any]:
    """Return ten minutes of one host: pages, mail, a retry now and then, an upload, a log-in."""
    generator = np.random.default_rng(1)
    events = []
    for at in np.sort(generator.uniform(0, 600, 300)).tolist():
        dst = f"93.184.{generator.integers(30)}.{generator.integers(4)}"
        events.append(refused(at, dst=dst) if generator.random() < 0.03 else flow(at, dst=dst))
    return [*events, flow(601, orig_bytes=2_000_000), flow(602, dst="10.0.0.9", port=22, duration_s=900.0)]


SCAN = [refused(number / 10, port=1000 + number) for number in range(100)]
SWEEP = [refused(number / 10, dst=f"10.0.1.{number}", port=445) for number in range(100)]
BRUTE_FORCE = [failed_login(number * 1.5) for number in range(30)]
FLOOD = [
    flow(number / 40, src=f"203.0.113.{number % 50}", dst="10.0.0.80", conn_state="S0", resp_pkts=0, resp_bytes=None)
    for number in range(800)
]
BEACON = [flow(5.0 * beat + 0.05 * (beat % 3), orig_bytes=580) for beat in range(25)]
EXFILTRATION = [flow(number * 5.0, orig_bytes=24_000_000, resp_bytes=30_000) for number in range(5)]


@pytest.mark.parametrize(
    ("events", "threat_class"),
    [
        (SCAN, ThreatClass.SCAN),
        (SWEEP, ThreatClass.SCAN),
        (BRUTE_FORCE, ThreatClass.BRUTE_FORCE),
        (FLOOD, ThreatClass.DENIAL_OF_SERVICE),
        (BEACON, ThreatClass.COMMAND_AND_CONTROL),
        (EXFILTRATION, ThreatClass.EXFILTRATION),
    ],
)
def test_attack_is_a_threat_of_its_class(events: list[Any], threat_class: ThreatClass, scorer: Scorer) -> None:
    shown = strongest(events)
    assert max(shown, key=lambda name: shown[name]) == threat_class
    assert shown[threat_class] > 0.5
    scores = scorer.score(extract(events)[-1:])
    assert scores.threat[0]
    assert CLASSES[1 + int(scores.class_probabilities[0, 1:].argmax())] == threat_class


def test_benign_host_shows_no_behaviour() -> None:
    assert strengths(tf.constant(extract(office_day()))).numpy().max() < 0.25


def test_busy_resolver_and_discovery_are_no_flood() -> None:
    queries = [flow(n / 200, src=f"10.0.1.{n % 90}", dst="10.0.0.53", port=53) for n in range(2000)]
    calls = [
        flow(n / 200, src=f"10.0.1.{n % 90}", dst="224.0.0.251", port=5353, resp_pkts=0, conn_state="S0")
        for n in range(2000)
    ]
    assert strongest(queries)[ThreatClass.DENIAL_OF_SERVICE] == 0
    assert strongest(calls)[ThreatClass.DENIAL_OF_SERVICE] == 0


def test_benign_connection_of_a_scanning_host_is_no_scan() -> None:
    assert strongest([*SCAN, flow(11)])[ThreatClass.SCAN] == 0


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_alert_is_evidence_by_its_severity(severity: int, scorer: Scorer) -> None:
    alert = {"kind": "alert", "event_time": NOON, "src_ip": "10.0.0.5", "alert": {"severity": severity}}
    scores = scorer.score(extract([msgspec.convert(alert, Event)]))
    assert scores.risk[0] == pytest.approx(100 * ALERT_STRENGTH[severity - 1], abs=0.01)
    assert scores.anomaly[0] == 0


def test_event_of_which_nothing_is_known_has_no_risk(scorer: Scorer) -> None:
    scores = scorer.score(np.full((3, len(FEATURES)), np.nan, np.float32))
    assert scores.risk.max() < 0.001
    assert scores.anomaly.max() == 0
    assert (scores.class_probabilities[:, CLASSES.index(ThreatClass.BENIGN)] == 1).all()


@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 300, 5000])
def test_scores_of_any_number_of_rows_are_in_range(count: int, scorer: Scorer) -> None:
    scores = scorer.score(rows(count))
    assert scores.anomaly.shape == scores.risk.shape == scores.threat.shape == (count,)
    assert scores.class_probabilities.shape == (count, len(CLASSES))
    assert ((scores.anomaly >= 0) & (scores.anomaly <= 1)).all()
    assert ((scores.risk >= 0) & (scores.risk <= 100)).all()
    np.testing.assert_allclose(scores.class_probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(scores.threat, scores.risk >= scorer.threshold)


def test_padding_and_neighbours_do_not_change_scores(scorer: Scorer) -> None:
    features = rows(700)
    whole = scorer.score(features)
    pieces = [scorer.score(features[start : start + 13]) for start in range(0, 700, 13)]
    for name in ("anomaly", "risk", "class_probabilities"):
        together = np.concatenate([getattr(piece, name) for piece in pieces])
        np.testing.assert_allclose(together, getattr(whole, name), rtol=1e-4, atol=1e-4)


def test_largest_counters_do_not_break_scores(scorer: Scorer) -> None:
    largest = 2**63 - 1
    scores = scorer.score(extract([flow(at, orig_bytes=largest, orig_pkts=largest) for at in range(20)]))
    assert np.isfinite(scores.risk).all()
    assert np.isfinite(scores.class_probabilities).all()


def test_nothing_is_traced_after_warm_up(scorer: Scorer) -> None:
    assert scorer.traces == len(SHAPES) + len(EXPLAIN_SHAPES)
    for count in (1, 40, 999, 4097):
        scorer.score(rows(count))
        scorer.explain(rows(count)[:300])
    assert scorer.traces == len(SHAPES) + len(EXPLAIN_SHAPES)


def test_a_gpu_would_multiply_with_all_bits() -> None:
    assert not tf.config.experimental.tensor_float_32_execution_enabled()


def test_a_gpu_scores_a_whole_micro_batch_at_once(monkeypatch: pytest.MonkeyPatch, scorer: Scorer) -> None:
    """The same code in larger shapes; here on the CPU."""
    monkeypatch.setattr("models.scorer.has_gpu", lambda: True)
    on_gpu, features = Scorer.load(), rows(5000)
    np.testing.assert_allclose(on_gpu.score(features).risk, scorer.score(features).risk, rtol=1e-4, atol=1e-4)
    assert on_gpu.traces == 1


def test_slope_is_the_gradient_of_the_risk(scorer: Scorer) -> None:
    """TensorFlow's own gradient of the same layers."""
    network = scorer._network
    first = tf.constant(np.random.default_rng(2).normal(0, 2, (50, 64)).astype(np.float32))
    with tf.GradientTape() as tape:
        tape.watch(first)
        logit = MAX_LOGIT * tf.tanh(network._dense("risk", network._hidden(first))[:, 0] / MAX_LOGIT)
    np.testing.assert_allclose(network.risk_slope(first), tape.gradient(logit, first), rtol=1e-4, atol=1e-6)


def test_threads_get_the_scores_of_their_own_rows(scorer: Scorer) -> None:
    batches = [rows(200, seed) for seed in range(8)]
    expected = [scorer.score(batch).risk for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        actual = list(pool.map(lambda batch: scorer.score(batch).risk, batches))
    np.testing.assert_array_equal(actual, expected)


def test_matrix_of_other_columns_is_refused(scorer: Scorer) -> None:
    with pytest.raises(ValueError, match=r"features have shape \(2, 3\)"):
        scorer.score(np.zeros((2, 3), np.float32))


def test_leading_reason_of_a_behaviour_is_named(scorer: Scorer) -> None:
    (reasons,) = scorer.explain(extract(EXFILTRATION)[-1:], top=3)
    assert len(reasons) == 3
    assert reasons[0].name == "window_external_bytes_out"
    assert reasons[0].observed == 120_000_000
    assert reasons[0].contribution > 1
    assert abs(reasons[0].contribution) >= abs(reasons[1].contribution) >= abs(reasons[2].contribution)


def test_contributions_sum_to_the_logit_of_the_risk(scorer: Scorer) -> None:
    features = extract([*SCAN[:30], *EXFILTRATION])
    risk = scorer.score(features).risk.astype(np.float64) / 100
    medians = tf.constant(scorer._medians[None])
    base = float(scorer._network.learnt_risk_logit(medians).numpy()[0])
    sums = [sum(reason.contribution for reason in reasons) for reasons in scorer.explain(features, top=len(FEATURES))]
    np.testing.assert_allclose(sums, np.log(risk / (1 - risk)) - base, atol=0.4)
