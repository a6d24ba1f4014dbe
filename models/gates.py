"""What a challenger must have shown before it is promoted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from models.artefact import Card


class Compared(NamedTuple):
    """Sums of what a champion and its challenger said of the same events (`model_observations`)."""

    compared: int
    agreed: int
    champion_alerts: int
    challenger_alerts: int
    timed: int
    champion_s: float
    challenger_s: float

    @property
    def agreement(self) -> float:
        """Return the share of the events that both call a threat, or neither; 0 without events."""
        return self.agreed / max(self.compared, 1)

    @property
    def alert_ratio(self) -> float:
        """Return how many alerts the challenger raises for one of the champion's; none at all count as one."""
        return max(self.challenger_alerts, 1) / max(self.champion_alerts, 1)

    @property
    def latency_ratio(self) -> float | None:
        """Return the challenger's time for the same events, by the champion's; None when none were timed."""
        return self.challenger_s / self.champion_s if self.champion_s else None


class Gates(NamedTuple):
    """Bounds. The AUC of the validation rows must not be lower, when both were validated on the same captures."""

    min_events: int
    min_agreement: float
    max_alert_ratio: float  #: either way: 2 allows half to twice as many alerts
    max_latency_ratio: float


def failures(gates: Gates, compared: Compared, champion: Card, challenger: Card) -> Iterator[str]:
    """Yield why the challenger may not be promoted; nothing when it may."""
    if compared.compared < gates.min_events:
        yield f"{compared.compared} events were scored in shadow, {gates.min_events} are wanted"
        return
    if compared.agreement < gates.min_agreement:
        yield f"the models agree on {compared.agreement:.4f} of the events, {gates.min_agreement:g} is wanted"
    if not 1 / gates.max_alert_ratio <= compared.alert_ratio <= gates.max_alert_ratio:
        yield (
            f"it raises {compared.challenger_alerts} alerts where the champion raises {compared.champion_alerts}: "
            f"{compared.alert_ratio:.2f} times as many, {gates.max_alert_ratio:g} either way is allowed"
        )
    if compared.latency_ratio is not None and compared.latency_ratio > gates.max_latency_ratio:
        yield f"it takes {compared.latency_ratio:.2f} times as long, {gates.max_latency_ratio:g} is allowed"
    if challenger.data.validation_captures != champion.data.validation_captures:
        yield "the cards name other validation captures, so their figures cannot be compared"
    elif challenger.validation.roc_auc < champion.validation.roc_auc:
        yield f"its validation ROC-AUC is {challenger.validation.roc_auc:.4f}, {champion.validation.roc_auc:.4f} before"
