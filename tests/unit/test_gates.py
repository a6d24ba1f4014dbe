"""What a challenger must have shown; every reason is named."""

from __future__ import annotations

import pytest

from models import artefact
from models.artefact import Card
from models.gates import Compared, Gates, failures

GATES = Gates(min_events=1000, min_agreement=0.98, max_alert_ratio=2.0, max_latency_ratio=1.5)
GOOD = Compared(
    compared=2000, agreed=1990, champion_alerts=40, challenger_alerts=50, timed=100, champion_s=1, challenger_s=1.2
)


@pytest.fixture(scope="module")
def card() -> Card:
    return artefact.load()[1]


def test_a_challenger_that_is_as_good_passes(card: Card) -> None:
    assert list(failures(GATES, GOOD, card, card)) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"compared": 999}, "999 events were scored in shadow, 1000 are wanted"),
        ({"agreed": 1900}, "agree on 0.9500"),
        ({"challenger_alerts": 81}, "2.02 times as many"),
        ({"challenger_alerts": 0}, "0.03 times as many"),
        ({"challenger_s": 1.6}, "1.60 times as long"),
    ],
)
def test_each_figure_can_refuse(change: dict[str, int], reason: str, card: Card) -> None:
    [told] = failures(GATES, GOOD._replace(**change), card, card)
    assert reason in told


def test_no_alerts_on_either_side_are_as_many(card: Card) -> None:
    assert list(failures(GATES, GOOD._replace(champion_alerts=0, challenger_alerts=0), card, card)) == []


def test_a_lower_auc_refuses_and_figures_of_other_captures_are_not_compared(card: Card) -> None:
    worse = card.model_copy(update={"validation": card.validation.model_copy(update={"roc_auc": 0.9})})
    assert ["ROC-AUC is 0.9000" in told for told in failures(GATES, GOOD, card, worse)] == [True]
    assert list(failures(GATES, GOOD, worse, card)) == []
    other = card.model_copy(update={"data": card.data.model_copy(update={"validation_captures": ["x"]})})
    assert ["other validation captures" in told for told in failures(GATES, GOOD, card, other)] == [True]
