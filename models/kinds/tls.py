"""TLS: certificates that nobody vouches for, names that no client sends, versions that were given up.

Each is a hint and none a threat: an appliance signs its own certificate. Together they tell the channels of implants,
which are rarely enrolled with an authority (Anderson, Paul and McGrew, J. Comput. Virol. 14(3), 2018).
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.kinds.kind import Detector, Of, Sightings, Trait
from models.kinds.names import read_name
from schemas.event import Kind
from schemas.threat import ThreatClass

UNTRUSTED_STRENGTH = 0.3  #: signed by itself or by nobody known, expired, or made out for another name
LITERAL_NAME_STRENGTH = 0.3  #: an address as server name, which RFC 6066 (section 3) forbids
MISSING_NAME_STRENGTH = 0.1  #: no server name to an external address
GENERATED_NAME_STRENGTH = 0.3
BROKEN_VERSION_STRENGTH, OLD_VERSION_STRENGTH = 0.3, 0.1  #: RFC 6176 and 7568; RFC 8996
ODD_PORT_STRENGTH = 0.1
#: Ports on which TLS is usual (IANA): web, mail, directories, names, and what serves them all.
USUAL_PORTS = frozenset((
    25, 110, 143, 389, 443, 465, 587, 636, 853, 989, 990, 992, 993, 994, 995, 3269, 3389, 5061, 5223, 5228, 5671, 6443,
    8883,
))  # fmt: skip
_BROKEN = frozenset(("SSLV2", "SSLV3", "SSL2", "SSL3"))
_OLD = frozenset(("TLSV1", "TLSV10", "TLSV11", "TLS1", "TLS10", "TLS11"))
_TRUSTED = frozenset(("ok", "success"))


def _certificate(of: Of) -> NDArray[np.float64]:
    return UNTRUSTED_STRENGTH * np.maximum(of("tls_untrusted"), np.maximum(of("tls_expired"), of("tls_other_name")))


def _server_name(of: Of) -> NDArray[np.float64]:
    given = np.maximum(LITERAL_NAME_STRENGTH * of("tls_literal_name"), MISSING_NAME_STRENGTH * of("tls_no_name"))
    return np.maximum(given, GENERATED_NAME_STRENGTH * of("tls_generated"))


def _version(of: Of) -> NDArray[np.float64]:
    return np.maximum(BROKEN_VERSION_STRENGTH * of("tls_broken_version"), OLD_VERSION_STRENGTH * of("tls_old_version"))


@lru_cache(maxsize=16_384)
def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Tls:
    """TLS handshakes, each by itself. A certificate without a connection (Zeek x509) says nothing about one."""

    kind: Kind = "tls"
    traits = (
        Trait("tls_untrusted", "flag", "The certificate is signed by itself, or its chain does not hold"),
        Trait("tls_expired", "flag", "The certificate was over at the time"),
        Trait("tls_other_name", "flag", "The certificate is made out for another name"),
        Trait("tls_literal_name", "flag", "The server name is an address"),
        Trait("tls_no_name", "flag", "No server name was sent to an external address"),
        Trait("tls_generated", "ratio", "How generated the server's registered name looks"),
        Trait("tls_broken_version", "flag", "SSL 2 or 3"),
        Trait("tls_old_version", "flag", "TLS 1.0 or 1.1"),
        Trait("tls_odd_port", "flag", "A port on which TLS is not usual"),
    )
    detectors = (
        Detector(ThreatClass.COMMAND_AND_CONTROL, ("tls_untrusted", "tls_expired", "tls_other_name"), _certificate),
        Detector(ThreatClass.COMMAND_AND_CONTROL, ("tls_literal_name", "tls_no_name", "tls_generated"), _server_name),
        Detector(ThreatClass.COMMAND_AND_CONTROL, ("tls_broken_version", "tls_old_version"), _version),
        Detector(ThreatClass.COMMAND_AND_CONTROL, ("tls_odd_port",), lambda of: ODD_PORT_STRENGTH * of("tls_odd_port")),
    )

    def look(self, seen: Sightings) -> NDArray[np.float64]:
        """Return the traits of n events."""
        traits = np.zeros((len(seen.events), len(self.traits)))
        rows = zip(seen.events, seen.external.tolist(), traits, strict=True)
        for event, external, row in rows:
            tls = event.tls
            if tls.version is None and not tls.established:
                continue  # a certificate alone, or a handshake that came to nothing
            status, name = tls.validation_status, tls.server_name
            version = (tls.version or "").upper().replace(" ", "").replace(".", "")
            signed_by_itself = tls.subject is not None and tls.subject == tls.issuer
            row[0] = signed_by_itself or (status is not None and status.lower() not in _TRUSTED)
            row[1] = tls.not_after is not None and tls.not_after < event.event_time
            row[2] = tls.name_matches is False
            row[3] = name is not None and _is_address(name)
            row[4] = name is None and external
            row[5] = read_name(name).generated
            row[6], row[7] = version in _BROKEN, version in _OLD
            row[8] = event.dst_port is not None and event.dst_port not in USUAL_PORTS
        return traits

    def forget(self, partition: int) -> None:
        """Nothing is remembered."""
