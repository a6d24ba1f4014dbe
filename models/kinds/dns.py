"""DNS: data carried in names (tunnels), and names made by a program (domain generation).

A tunnel is told by the information that an entity's queries carry to one registered domain, as Paxson et al. (USENIX
Security 2013) bound it: distinct names times their entropy. Generated names are looked up in numbers, and few of them
exist (Antonakakis et al., USENIX Security 2012): distinct ones that failed are counted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.kinds.kind import Detector, Of, Sightings, Trait, saturate
from models.kinds.names import NO_NAME, read_name
from models.kinds.tally import NOT_COUNTED, Tally, keyed, place_of
from schemas.event import Kind
from schemas.threat import ThreatClass

#: Bytes carried to one domain in ten minutes. Paxson et al. report 4 kB a day as what hardly any benign pair exceeds.
TUNNEL_BYTES_HALF = 1500.0
#: Tunnels fill their names, or ask for records with room for an answer. Mean letters below the domain.
TUNNEL_LENGTH_HALF = 24.0
#: A query that carries less takes no part: a tunnel's domain may have a web page.
TUNNEL_OWN_LENGTH = 8.0
ROOMY_TYPES = frozenset(("TXT", "NULL", "KEY", "CNAME", "MX", "PRIVATE", "ANY", "*"))
#: Distinct generated names of an entity that do not exist; one alone is a hint.
GENERATED_HALF = 5.0
GENERATED_ALONE = 0.3
_LOOKS_GENERATED = 0.5


def _tunnel(of: Of) -> NDArray[np.float64]:
    room = np.maximum(of("dns_roomy_share"), saturate(of("dns_subdomain_length"), TUNNEL_LENGTH_HALF))
    takes_part = of("dns_own_length") >= TUNNEL_OWN_LENGTH
    return takes_part * room * saturate(of("dns_subdomain_bytes"), TUNNEL_BYTES_HALF)


def _generated(of: Of) -> NDArray[np.float64]:
    return of("dns_generated") * np.maximum(GENERATED_ALONE, saturate(of("dns_generated_failed"), GENERATED_HALF))


class Dns:
    """DNS transactions, by entity and registered domain, and by entity."""

    kind: Kind = "dns"
    traits = (
        Trait("dns_subdomains", "names", "Distinct names that the entity asked for below this domain", usual=2),
        Trait("dns_subdomain_length", "letters", "Their mean length below the domain", usual=5),
        Trait("dns_subdomain_bytes", "B", "Information in the distinct ones: letters times entropy", usual=10),
        Trait("dns_roomy_share", "ratio", "Share of queries for records with room (TXT, NULL, CNAME, ...)"),
        Trait("dns_own_length", "letters", "Length of this name below its domain", usual=5),
        Trait("dns_generated", "ratio", "How generated the registered name looks by its letters"),
        Trait("dns_generated_failed", "names", "Distinct generated names of the entity that do not exist"),
        Trait("dns_nxdomain_share", "ratio", "Share of the entity's queries for names that do not exist"),
    )
    detectors = (
        Detector(
            ThreatClass.COMMAND_AND_CONTROL,
            ("dns_subdomain_bytes", "dns_subdomains", "dns_subdomain_length", "dns_roomy_share"),
            _tunnel,
        ),
        Detector(
            ThreatClass.COMMAND_AND_CONTROL,
            ("dns_generated", "dns_generated_failed", "dns_nxdomain_share"),
            _generated,
        ),
    )

    def __init__(self, entries: int) -> None:
        self._domains = Tally(entries, counters=4, distinct=1)
        self._entities = Tally(entries, counters=2, distinct=1)

    def look(self, seen: Sightings) -> NDArray[np.float64]:
        """Return the traits of n events."""
        sections = [event.dns for event in seen.events]
        names = [NO_NAME if s.query is None else read_name(s.query) for s in sections]
        roomy = np.array([s.qtype in ROOMY_TYPES for s in sections], np.float64)
        missing = np.array([s.rcode == "NXDOMAIN" for s in sections])
        domain = np.array([n.domain for n in names], np.uint64)
        length = np.array([n.subdomain_length for n in names], np.float64)
        bits = np.array([n.subdomain_bits for n in names], np.float64)
        generated = np.array([n.generated for n in names], np.float64)
        below = self._domains.add(
            seen,
            keyed(seen.entity, domain),
            np.stack([length > 0, length, bits, roomy], axis=1).astype(np.float64),
            np.array([[place_of(n.subdomain)] for n in names], np.int16),
        )
        failed = np.array([place_of(n.domain) for n in names], np.int16)
        failed[(generated < _LOOKS_GENERATED) | ~missing] = NOT_COUNTED
        asked = self._entities.add(
            seen, seen.entity, np.stack([np.ones(len(names)), missing], axis=1).astype(np.float64), failed[:, None]
        )
        queries = np.maximum(below[:, 0], 1)
        return np.stack(
            [
                below[:, 4],
                below[:, 1] / queries,
                below[:, 4] * below[:, 2] / queries / 8,
                below[:, 3] / queries,
                length,
                generated,
                asked[:, 2],
                asked[:, 1] / np.maximum(asked[:, 0], 1),
            ],
            axis=1,
        )

    def forget(self, partition: int) -> None:
        """Drop what is remembered of a partition's entities."""
        self._domains.forget(partition)
        self._entities.forget(partition)
