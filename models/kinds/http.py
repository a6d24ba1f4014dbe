"""HTTP: attacks in what was asked for, programs that look for weaknesses, pages that were guessed.

The families of patterns, and that one critical match is enough, are those of the OWASP Core Rule Set 4
(https://coreruleset.org: 913 scanners, 930 local files, 931 remote files, 932 commands, 933 PHP, 941 scripts, 942 SQL,
944 Java); the patterns are our own and few.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote_plus

import numpy as np
from numpy.typing import NDArray

from models.kinds.kind import Detector, Of, Sightings, Trait, saturate
from models.kinds.tally import NOT_COUNTED, Tally, hash_of, keyed, place_of
from schemas.event import Kind
from schemas.threat import ThreatClass

#: Strength of one family that matches; each further one leaves as much less.
ATTACK_STRENGTH = 0.85
SCANNER_STRENGTH, PROBED_STRENGTH = 0.6, 0.35
SCRIPTED_STRENGTH, RARE_METHOD_STRENGTH = 0.05, 0.1
#: Distinct pages of one server that were refused or are not there (status 4xx) in ten minutes.
GUESSED_HALF = 20.0
#: Letters of the longest run that looks encoded, and what it is worth at most: advertisements do it as well.
ENCODED_HALF, ENCODED_STRENGTH_MAX = 600.0, 0.3
_LONGEST_LOOKED_AT = 2048

_ATTACKS = tuple(
    re.compile("|".join(patterns))
    for patterns in (
        # 930
        (r"(?:\.\.[/\\]){2}", r"/etc/(?:passwd|shadow|hosts)\b", r"\b(?:boot|win)\.ini\b", r"/proc/self/"),
        # 931
        (r"=(?:https?|ftp)://\d{1,3}(?:\.\d{1,3}){3}[/:][^&]*(?:\.txt|\.php|\?)",),
        # 932
        (
            r"(?:[;|`]|&&)\s*(?:wget|curl|tftp|nc|busybox|chmod|bash|sh|cat|id|ping|powershell)\b(?!=)",
            r"\$\((?:wget|curl|id|cat)\b|\$\{ifs\}",
            r"/bin/(?:ba|da|z)?sh\b|\bcmd\.exe\b",
            r"\(\)\s*\{\s*:;",
        ),
        # 933
        (r"php://(?:input|filter)", r"allow_url_include|auto_prepend_file", r"<\?php|\bcall_user_func|\bphpinfo\("),
        # 941
        (r"<script\b|<svg\b|<iframe\b", r"javascript:\s*\w", r"\bon(?:error|load|mouseover)\s*=\s*[\"'\w]"),
        # 942
        (
            r"\bunion\b.{1,40}\bselect\b",
            r"'\s*(?:or|and)\s+['\d]",
            r"\b(?:sleep|benchmark|pg_sleep)\s*\(\s*['\d]|\bwaitfor delay\b",
            r"\binformation_schema\b|;\s*(?:drop|insert|delete)\s+\w|\bxp_cmdshell\b",
        ),
        # 944
        (r"\$\{(?:jndi|lower|upper|env|::-)", r"%\{\s*[(#]", r"class\.module\.classloader|\bgetruntime\b"),
    )
)
_SCANNERS = re.compile(
    r"sqlmap|nikto|nmap|masscan|zgrab|zmap|gobuster|dirbuster|dirb\b|ffuf|feroxbuster|wpscan|nuclei|hydra|acunetix"
    r"|nessus|openvas|netsparker|arachni|w3af|havij|whatweb|wfuzz|jorgee|muhstik|censysinspect|expanse"
)
_SCRIPTED = re.compile(r"^(?:curl|wget|python|go-http-client|libwww|java/|okhttp|ruby|php/|perl|powershell|winhttp)")
_PROBED = re.compile(
    r"^/(?:hnap1|\.git/|\.env\b|\.aws/|\.svn/|boaform/|gponform/|goform/|setup\.cgi|shell\b|manager/html|phpmyadmin"
    r"|pma\b|wp-login\.php|xmlrpc\.php|actuator/|solr/|_ignition/|cgi-bin/.*(?:\.sh|luci|login)|vendor/phpunit"
    r"|owa/auth/|remote/fgt_lang|struts|jenkins/|server-status)"
)
_METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"))
_ENCODED = re.compile(r"[A-Za-z0-9+/_=%-]{64,}")


@lru_cache(maxsize=16_384)
def families(target: str) -> int:
    """Return how many families of attacks a request's text shows; it is decoded twice, as careless servers do."""
    text = unquote_plus(unquote_plus(target[:_LONGEST_LOOKED_AT])).lower()
    return sum(pattern.search(text) is not None for pattern in _ATTACKS)


def _agent(text: str | None) -> tuple[bool, bool]:
    """Tell a scanner's user agent, and a script's or an empty one."""
    lower = (text or "").lower()
    return _SCANNERS.search(lower) is not None, not lower or _SCRIPTED.match(lower) is not None


def _encoded(target: str) -> int:
    return max((len(run) for run in _ENCODED.findall(target[:_LONGEST_LOOKED_AT])), default=0)


def _guessing(of: Of) -> NDArray[np.float64]:
    """Distinct failures times the drift of a threshold random walk (Jung et al., IEEE S&P 2004), as with scans."""
    drift = np.maximum(2 * of("http_failed_share") - 1, 0)
    return of("http_failed") * saturate(of("http_guessed") * drift, GUESSED_HALF)


class Http:
    """HTTP requests, each by itself and by entity and server."""

    kind: Kind = "http"
    traits = (
        Trait("http_attacks", "families", "Families of attacks that the request's text shows"),
        Trait("http_scanner", "flag", "The user agent is that of a scanner"),
        Trait("http_probed", "flag", "The path is one that scanners ask every server for"),
        Trait("http_scripted", "flag", "The user agent is that of a script, or empty"),
        Trait("http_rare_method", "flag", "A method that browsers and most programs do not use"),
        Trait("http_encoded", "letters", "Longest run in the target that looks encoded"),
        Trait("http_failed", "flag", "This request was answered with a status from 400 to 499"),
        Trait("http_guessed", "pages", "Distinct targets of this server for which the entity was answered so"),
        Trait("http_failed_share", "ratio", "Share of the entity's requests to this server answered so", usual=0.02),
    )
    detectors = (
        Detector(ThreatClass.EXPLOIT, ("http_attacks",), lambda of: 1 - (1 - ATTACK_STRENGTH) ** of("http_attacks")),
        Detector(ThreatClass.SCAN, ("http_scanner",), lambda of: SCANNER_STRENGTH * of("http_scanner")),
        Detector(ThreatClass.SCAN, ("http_probed",), lambda of: PROBED_STRENGTH * of("http_probed")),
        Detector(ThreatClass.SCAN, ("http_guessed", "http_failed_share"), _guessing),
        Detector(ThreatClass.SCAN, ("http_scripted",), lambda of: SCRIPTED_STRENGTH * of("http_scripted")),
        Detector(ThreatClass.EXPLOIT, ("http_rare_method",), lambda of: RARE_METHOD_STRENGTH * of("http_rare_method")),
        Detector(
            ThreatClass.COMMAND_AND_CONTROL,
            ("http_encoded",),
            lambda of: ENCODED_STRENGTH_MAX * saturate(of("http_encoded"), ENCODED_HALF),
        ),
    )

    def __init__(self, entries: int) -> None:
        self._servers = Tally(entries, counters=2, distinct=1)

    def look(self, seen: Sightings) -> NDArray[np.float64]:
        """Return the traits of n events."""
        sections = [event.http for event in seen.events]
        targets = [s.uri or "" for s in sections]
        agents = [_agent(s.user_agent) for s in sections]
        failed = np.array([400 <= (s.status_code or 0) < 500 for s in sections])
        server = np.array([hash_of(event.dst_ip or event.http.host) for event in seen.events], np.uint64)
        guessed = np.array([place_of(hash_of(target)) for target in targets], np.int16)
        guessed[~failed] = NOT_COUNTED
        counts = np.stack([np.ones(len(sections)), failed], axis=1).astype(np.float64)
        totals = self._servers.add(seen, keyed(seen.entity, server), counts, guessed[:, None])
        return np.stack(
            [
                [
                    families(f"{target}\n{s.user_agent or ''}\n{s.referrer or ''}")
                    for target, s in zip(targets, sections, strict=True)
                ],
                [scanner for scanner, _ in agents],
                [_PROBED.match(target.lower()) is not None for target in targets],
                [scripted for _, scripted in agents],
                [s.method is not None and s.method not in _METHODS for s in sections],
                [_encoded(target) for target in targets],
                failed,
                totals[:, 2],
                totals[:, 1] / np.maximum(totals[:, 0], 1),
            ],
            axis=1,
        ).astype(np.float64)

    def forget(self, partition: int) -> None:
        """Drop what is remembered of a partition's entities."""
        self._servers.forget(partition)
