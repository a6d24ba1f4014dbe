"""What a domain name says by itself."""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from models.kinds.tally import hash_of
from models.kinds.trigrams import generatedness

#: Second-level labels below which a country's registry gives out names: `example.co.uk` is registered, not `co.uk`.
#: The registries' own list (publicsuffix.org) has thousands more; where one is missed, its names count as one domain.
_SHARED_SECOND = frozenset(("ac", "co", "com", "edu", "go", "gob", "gov", "gv", "mil", "ne", "net", "or", "org", "sch"))
#: Zones without registered names: addresses turned round, names of the local network.
_NO_DOMAINS = frozenset(("arpa", "local", "localhost", "lan", "home", "internal", "localdomain", "workgroup"))


class Name(NamedTuple):
    """A domain name as detectors read it."""

    domain: int  #: hash of the registered domain; 0 without one
    subdomain: int  #: hash of what stands before it; 0 for nothing
    subdomain_length: int  #: its letters, dots left out
    subdomain_bits: float  #: its letters times their entropy
    generated: float  #: how generated the registered label looks, 0..1


NO_NAME = Name(0, 0, 0, 0.0, 0.0)


@lru_cache(maxsize=65_536)
def read_name(name: str | None) -> Name:
    """Read a name; `NO_NAME` for none, for an address and for one without a registered domain."""
    labels = (name or "").lower().rstrip(".").split(".")
    if len(labels) < 2 or labels[-1] in _NO_DOMAINS or labels[-1].isdecimal():
        return NO_NAME
    own = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED_SECOND else 2
    before = "".join(labels[:-own])
    return Name(
        domain=hash_of(".".join(labels[-own:])),
        subdomain=hash_of(".".join(labels[:-own])),
        subdomain_length=len(before),
        subdomain_bits=len(before) * entropy(before),
        generated=generatedness(labels[-own]),
    )


def entropy(text: str) -> float:
    """Return the entropy of a text's letters, bits a letter (Shannon, 1948)."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())
