"""Authentication: passwords that are guessed, one password tried on many accounts, and a guess that hit.

The network's behaviours count an entity's failures within a minute. Here are ten minutes, by source and by account, so
that slow guessing counts as well. Sources of one account meet only within a partition.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.kinds.kind import Detector, Of, Sightings, Trait, saturate
from models.kinds.tally import NOT_COUNTED, Tally, hash_of, keyed, place_of
from schemas.event import Kind
from schemas.threat import ThreatClass

#: Failures by one source or of one account. NIST SP 800-63B allows 100 in a row; account policies lock at 5 to 10.
GUESSES_HALF = 12.0
#: Accounts that one source failed on (MITRE ATT&CK T1110.003): a person has a few.
SPRAYED_HALF = 6.0
#: Failures before a success.
GUESSES_BEFORE_HALF = 8.0


def _guessing(of: Of) -> NDArray[np.float64]:
    guesses = np.maximum(of("auth_source_failures"), of("auth_account_failures"))
    return of("auth_failed") * saturate(guesses, GUESSES_HALF)


def _spraying(of: Of) -> NDArray[np.float64]:
    return of("auth_failed") * saturate(of("auth_accounts"), SPRAYED_HALF)


def _hit(of: Of) -> NDArray[np.float64]:
    """A success after failures by the same source; failures of the account alone may be another's."""
    return of("auth_succeeded") * saturate(of("auth_source_failures"), GUESSES_BEFORE_HALF)


class Auth:
    """Authentications, by source and by account."""

    kind: Kind = "auth"
    traits = (
        Trait("auth_failed", "flag", "This authentication failed"),
        Trait("auth_succeeded", "flag", "This authentication succeeded"),
        Trait("auth_source_failures", "attempts", "Failures of the source in ten minutes"),
        Trait("auth_accounts", "accounts", "Distinct accounts that the source failed on"),
        Trait("auth_account_failures", "attempts", "Failures of the account in ten minutes"),
    )
    detectors = (
        Detector(ThreatClass.BRUTE_FORCE, ("auth_failed", "auth_source_failures", "auth_account_failures"), _guessing),
        Detector(ThreatClass.BRUTE_FORCE, ("auth_failed", "auth_accounts"), _spraying),
        Detector(ThreatClass.BRUTE_FORCE, ("auth_succeeded", "auth_source_failures"), _hit),
    )

    def __init__(self, entries: int) -> None:
        self._sources = Tally(entries, counters=1, distinct=1)
        self._accounts = Tally(entries, counters=1, distinct=0)

    def look(self, seen: Sightings) -> NDArray[np.float64]:
        """Return the traits of n events."""
        sections = [event.auth for event in seen.events]
        failed = np.array([s.outcome == "failure" for s in sections])
        succeeded = np.array([s.outcome == "success" for s in sections])
        failures = np.array([[s.attempts or 1] for s in sections], np.float64) * failed[:, None]
        users = [hash_of(event.user) for event in seen.events]
        places = np.array([[place_of(user)] for user in users], np.int16)
        places[~failed] = NOT_COUNTED
        by_source = self._sources.add(seen, seen.entity, failures, places)
        # The key of an account is mixed with the partition only, so that its sources meet.
        part = seen.partition.astype(np.uint64) + np.uint64(1)
        accounts = keyed(part, np.array(users, np.uint64))
        by_account = self._accounts.add(seen, accounts, failures, np.empty((len(users), 0), np.int16))
        return np.stack([failed, succeeded, by_source[:, 0], by_source[:, 1], by_account[:, 0]], axis=1)

    def forget(self, partition: int) -> None:
        """Drop what is remembered of a partition's entities and accounts."""
        self._sources.forget(partition)
        self._accounts.forget(partition)
