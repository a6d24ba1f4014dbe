"""A trained network fitted to the network that it watches, by unlabelled traffic of its first hour."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from models import artefact
from models.artefact import LocalCard, Packed
from models.behaviours import strengths
from models.calibration import MAX_FPR, MAX_SHIFT, fit_knots, fit_shift
from models.encoding import encoded
from models.lite.convert import arrays_of
from models.network import Network, risks
from models.reference import has_flow, reference_of
from models.runtime import tf

#: Rows whose behaviours reach this are taken for attacks and left out.
_BEHAVING = 0.25
#: Fewer rows than this say nothing about the rarest percent.
MIN_ROWS = 100


def localised(packed: Packed, features: NDArray[np.float32], span: tuple[float, float], *, flows: int) -> Packed:
    """Return an artefact that is fitted to a network, with the network's own histograms to measure drift against.

    Its version is that of its source, marked with the span as SemVer marks another build. The learnt weights, the
    threshold and the figures of the card stay those of the source. The risk is shifted down only: where fewer than the
    allowed share of rows are threats already, more of them would be false alarms.

    Args:
        packed: The source.
        features: (n, len(FEATURES)) rows of the span; those that measured no flow are left out.
        span: Event times of its begin and end, seconds since 1970.
        flows: Flows of the span, of which these are a sample.

    Raises:
        ArtefactError: The source is not valid.
        ValueError: There are fewer than `MIN_ROWS` rows that show no behaviour.
    """
    weights, card = artefact.unpack(packed)
    network = Network(weights)
    measured = features[has_flow(features)]
    usual = measured[fit_to(network, measured, most_shift=0.0)]
    since, until = span
    local = LocalCard(
        source=card.version, since_time=since, until_time=until, flows=flows, sampled=len(measured), usual=len(usual)
    )
    end = f"{datetime.fromtimestamp(until, UTC):%Y%m%dT%H%M%S}"
    version = f"{card.version.partition('+')[0]}+local.{end}.{until - since:.0f}s"
    update = {"version": version, "local": local, "reference": reference_of(usual, risks(network, usual))}
    return artefact.pack(arrays_of(network, card), card.model_copy(update=update))


def fit_to(
    network: Network, features: NDArray[np.float32], *, max_fpr: float = MAX_FPR, most_shift: float = MAX_SHIFT
) -> NDArray[np.bool_]:
    """Set the anomaly's quantiles, and the shift of the risk, by local traffic.

    Most of a network's traffic is benign. So the quantiles become those of the rows that show no behaviour, and the
    evidence is shifted so that at most `max_fpr` of these rows are threats. The order of the learnt scores stays; an
    attack that is more than that share of the first hour and shows no behaviour is taken for usual.

    Args:
        network: Changed in place.
        features: (n, len(FEATURES)) rows of the first hour, unlabelled.
        max_fpr: Share of the local rows that may be threats.
        most_shift: The evidence is shifted up by so much at most; 0 lets it only sink.

    Returns:
        (n,) the rows that it was fitted to.

    Raises:
        ValueError: There are fewer than `MIN_ROWS` rows that show no behaviour.
    """
    shown = strengths(tf.constant(features)).numpy()
    quiet: NDArray[np.bool_] = shown.max(axis=1) < _BEHAVING
    usual = features[quiet]
    if len(usual) < MIN_ROWS:
        raise ValueError(f"{len(usual)} rows without a behaviour are too few to fit to; {MIN_ROWS} are needed")
    code = encoded(usual)
    fit_knots(network, code)
    fit_shift(network, code, shown[quiet], max_fpr, most_shift)
    return quiet
