"""Behaviours that windows show and no single flow does, each with a published formula instead of a learnt one.

Learnt counters know the rate of the network that they were learnt on and fail elsewhere; these constants are stated in
units that hold on any network. Every strength lies in [0, 1] and is that of one event which takes part: a benign
connection of a scanning host is no scan. Half points were set from what the formulas mean and checked against the
benign captures of the training file, where the window of the busiest host holds 162 connections and 82 destinations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.features import FEATURES
from models.runtime import tf
from schemas.threat import ThreatClass

#: Scan: distinct destinations or ports in the window, times the drift of a threshold random walk.
SCAN_TARGETS_HALF = 15.0
#: Brute force: failed attempts in the window; a short connection to a password service counts as a quarter of one.
BRUTE_FORCE_ATTEMPTS_HALF = 8.0
SHORT_CONNECTION_ATTEMPTS = 0.25
#: Flood: unanswered connections per second to one service. An answered one counts as a twentieth (a busy server
#: answers), and not at all at a resolver or a clock; packets to a group of hosts are no flood.
FLOOD_RATE_HALF = 10.0
ANSWERED_WEIGHT = 0.05
#: Beacon: regular contacts with an external service. Fewer than 8 contacts say nothing about a rhythm.
BEACON_CONTACTS = 8.0
BEACON_VARIATION_MAX = 0.25
#: Benign devices call home on time as well, but slowly (the busiest benign one every 25 s): half as much at 20 s.
BEACON_INTERVAL_HALF_S = 20.0
BEACON_STRENGTH_MAX = 0.65
#: Exfiltration: bytes sent to external addresses in the window, when most of the traffic goes out.
EXFILTRATION_BYTES_HALF = 10e6
#: Another detector's alert, by severity 1 to 4.
ALERT_STRENGTH = (0.9, 0.6, 0.3, 0.1)

_COLUMN = {feature.name: column for column, feature in enumerate(FEATURES)}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A detector: the class that it speaks for, the feature that leads it, and its formula.

    `strength` takes a function from a feature's name to its (n,) tensor, NaN replaced by 0, and returns (n,) in [0, 1].
    """

    threat_class: ThreatClass
    lead: str
    strength: Callable[[Callable[[str], tf.Tensor]], tf.Tensor]


def _saturate(value: tf.Tensor, half: float) -> tf.Tensor:
    """Return value² / (value² + half²): 0 at 0, 1/2 at `half`, 1 far above (Hill's equation with exponent 2)."""
    square = tf.minimum(value / half, 1e6) ** 2  # a counter may be near 2**63, whose square a float32 cannot hold
    return square / (square + 1)


def _scan(of: Callable[[str], tf.Tensor]) -> tf.Tensor:
    """Targets times the walk's mean step: failures raise it, successes lower it (Jung et al., IEEE S&P 2004).

    With their likelihoods (0.8 and 0.2) both steps are equal in size, so that the mean step is 2 x failed share - 1.
    """
    targets = tf.maximum(of("window_destinations"), of("window_ports"))
    failed_share = of("window_failed") / tf.maximum(of("window_connections"), 1.0)
    return of("event_failed") * _saturate(targets * tf.maximum(2 * failed_share - 1, 0.0), SCAN_TARGETS_HALF)


def _brute_force(of: Callable[[str], tf.Tensor]) -> tf.Tensor:
    attempts = of("window_auth_failures") + SHORT_CONNECTION_ATTEMPTS * of("window_auth_short")
    return of("event_auth") * _saturate(attempts, BRUTE_FORCE_ATTEMPTS_HALF)


def _flood(of: Callable[[str], tf.Tensor]) -> tf.Tensor:
    unanswered = of("destination_unanswered")
    weight = unanswered + ANSWERED_WEIGHT * (1 - unanswered) * (1 - of("port_name_or_time"))
    return (1 - of("dst_group")) * _saturate(of("destination_peak_rate") * weight, FLOOD_RATE_HALF)


def _beacon(of: Callable[[str], tf.Tensor]) -> tf.Tensor:
    """Regularity is 1 - (variation / maximum)², with the deviation of the intervals over their mean as variation."""
    interval = tf.maximum(of("pair_interval_s"), 1e-3)
    regularity = 1 - tf.minimum(of("pair_deviation_s") / interval / BEACON_VARIATION_MAX, 1.0) ** 2
    pace = 1 - _saturate(interval, BEACON_INTERVAL_HALF_S)
    known = tf.cast(of("pair_contacts") >= BEACON_CONTACTS, tf.float32)
    return BEACON_STRENGTH_MAX * known * of("event_external") * (1 - of("port_name_or_time")) * regularity * pace


def _exfiltration(of: Callable[[str], tf.Tensor]) -> tf.Tensor:
    sent, received = of("window_external_bytes_out"), of("window_external_bytes_in")
    outgoing = tf.minimum(sent / tf.maximum(sent + received, 1.0), of("event_external_out_ratio"))
    return tf.clip_by_value(2 * outgoing - 1, 0.0, 1.0) * _saturate(sent, EXFILTRATION_BYTES_HALF)


def _alert(of: Callable[[str], tf.Tensor]) -> tf.Tensor:
    severity = tf.cast(tf.clip_by_value(of("alert_severity"), 0.0, 4.0), tf.int32)
    return tf.gather(tf.constant((0.0, *ALERT_STRENGTH)), severity)


BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(ThreatClass.SCAN, "window_destinations", _scan),
    Behaviour(ThreatClass.BRUTE_FORCE, "window_auth_failures", _brute_force),
    Behaviour(ThreatClass.DENIAL_OF_SERVICE, "destination_peak_rate", _flood),
    Behaviour(ThreatClass.COMMAND_AND_CONTROL, "pair_deviation_s", _beacon),
    Behaviour(ThreatClass.EXFILTRATION, "window_external_bytes_out", _exfiltration),
    Behaviour(ThreatClass.EXPLOIT, "alert_severity", _alert),
)


def strengths(features: tf.Tensor) -> tf.Tensor:
    """Return the (n, len(BEHAVIOURS)) strengths of n rows of features, all 0 where nothing was seen."""
    known = tf.unstack(tf.transpose(tf.where(tf.math.is_nan(features), 0.0, features)))  # by column: read many times
    columns = [behaviour.strength(lambda name: known[_COLUMN[name]]) for behaviour in BEHAVIOURS]
    return tf.clip_by_value(tf.stack(columns, axis=1), 0.0, 1.0)
