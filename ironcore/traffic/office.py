"""What people and their machines do all day: sessions of a few related records."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate

from ironcore.traffic.dice import Dice
from ironcore.traffic.network import ADMIN, DIRECTORY, FILES, INTRANET, MAIL, PRINTER, Network, Office, Site
from ironcore.traffic.wire import Connection, Event

DOMAIN = "corp.example"
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
    "Microsoft-Delivery-Optimization/10.0",
)
CIPHERS = {
    "TLSv13": ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"),
    "TLSv12": ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
}
_PATHS = ("/", "/index.html", "/api/v2/items", "/assets/app.js", "/images/logo.png", "/search?q=report", "/feed.xml")
_MULTICAST = (("224.0.0.251", 5353, 90), ("239.255.255.250", 1900, 175), ("224.0.0.252", 5355, 36))


def sessions(network: Network, dice: Dice, at: float) -> list[Event]:
    """Return the records of one session that begins at this time, the first of them not before it."""
    act = _ACTS[bisect_right(_SHARES, dice.uniform() * _SHARES[-1])]
    office = dice.pick(network.offices)
    return list(act(network, office, dice, at))


def lookup(dice: Dice, src: str, server: str, at: float, name: str, *answers: str) -> Iterator[Event]:
    """Yield the records of a DNS query; without answers the name does not exist."""
    rtt_s = round(dice.lognormal(0.004, 1.0), 6)
    connection = Connection(dice, src, server, 53, udp=True)
    reply = 16 * len(answers) if answers else 75  # an answer of type A, or the zone's SOA record
    yield connection.event(
        "dns",
        at,
        query=name,
        qtype="A" if dice.chance(0.8) else "AAAA",
        rcode="NOERROR" if answers else "NXDOMAIN",
        answers=list(answers) or None,
        rtt_s=rtt_s,
    )
    yield connection.exchange(at, "dns", len(name) + 18, len(name) + 18 + reply, rtt_s)


def handshake(dice: Dice, connection: Connection, at: float, server_name: str | None) -> Event:
    """Return the TLS record of a connection."""
    version = "TLSv13" if dice.chance(0.75) else "TLSv12"
    return connection.event(
        "tls", at, version=version, cipher=dice.pick(CIPHERS[version]), server_name=server_name, established=True
    )


def _browse(network: Network, office: Office, dice: Dice, at: float) -> Iterator[Event]:
    host, site = dice.pick(office.hosts), network.site(dice)
    if dice.chance(0.45):  # else the name is cached
        yield from lookup(dice, host, office.server(DIRECTORY), at, site.name, *site.addresses)
        at += dice.between(0.005, 0.05)
    fetch = _fetch_plain if dice.chance(0.12) else _fetch
    for _ in range(dice.whole(1, 4)):
        yield from fetch(dice, host, site, at)
        at += dice.exponential(0.3)


def _fetch(dice: Dice, host: str, site: Site, at: float) -> Iterator[Event]:
    connection = Connection(dice, host, dice.pick(site.addresses), 443)
    yield connection.session(at, "ssl", dice.lognormal(1800, 0.9), dice.lognormal(9000, 1.7), dice.lognormal(2.5, 1.6))
    yield handshake(dice, connection, at + dice.lognormal(0.02, 0.5), site.name)


def _fetch_plain(dice: Dice, host: str, site: Site, at: float) -> Iterator[Event]:
    connection, size = Connection(dice, host, dice.pick(site.addresses), 80), dice.lognormal(4000, 1.6)
    yield connection.session(at, "http", dice.lognormal(420, 0.3), size + 320, dice.lognormal(0.3, 1.2))
    yield connection.event(
        "http",
        at + dice.lognormal(0.02, 0.5),
        method="GET" if dice.chance(0.92) else "POST",
        host=site.name,
        uri=dice.pick(_PATHS),
        user_agent=dice.pick(AGENTS),
        status_code=dice.pick((200, 200, 200, 200, 200, 200, 304, 304, 302, 404)),
        request_bytes=0,
        response_bytes=int(size),
    )


def _intranet(_: Network, office: Office, dice: Dice, at: float) -> Iterator[Event]:
    site = Site(f"intranet.{DOMAIN}", (office.server(INTRANET),))
    for _request in range(dice.whole(1, 3)):
        yield from _fetch(dice, dice.pick(office.hosts), site, at)
        at += dice.exponential(0.5)


def _names(network: Network, office: Office, dice: Dice, at: float) -> Iterator[Event]:
    host, site = dice.pick(office.hosts), network.site(dice)
    known = dice.chance(0.94)
    name = site.name if known else f"wpad.{dice.pick(('lan', 'home', DOMAIN))}"
    yield from lookup(dice, host, office.server(DIRECTORY), at, name, *(site.addresses if known else ()))


def _files(_: Network, office: Office, dice: Dice, at: float) -> Iterator[Event]:
    connection = Connection(dice, dice.pick(office.hosts), office.server(FILES), 445)
    sent, received = dice.lognormal(9000, 1.8), dice.lognormal(40_000, 2.0)
    yield connection.session(at, "gssapi,smb", sent, received, dice.between(35, 600))


def _log_on(_: Network, office: Office, dice: Dice, at: float) -> Iterator[Event]:
    host, server = dice.pick(office.hosts), office.server(DIRECTORY)
    user = f"user{dice.whole(1, len(office.hosts)):02d}@{DOMAIN}"
    ticket = Connection(dice, host, server, 88)
    yield ticket.session(
        at, "krb_tcp", dice.lognormal(1600, 0.2), dice.lognormal(1700, 0.2), dice.lognormal(0.004, 0.6)
    )
    outcome = "failure" if dice.chance(0.02) else "success"
    yield ticket.event("auth", at + 0.001, outcome=outcome, method="kerberos") | {"user": user}
    directory = Connection(dice, host, server, 389)
    yield directory.session(
        at + 0.02, "ldap", dice.lognormal(2400, 0.5), dice.lognormal(5200, 0.9), dice.between(31, 120)
    )


def _clock(_: Network, office: Office, dice: Dice, at: float) -> Iterator[Event]:
    connection = Connection(dice, dice.pick(office.hosts), office.server(DIRECTORY), 123, udp=True)
    yield connection.exchange(at, "ntp", 48, 48, dice.lognormal(0.0009, 0.5))


def _administer(_: Network, office: Office, dice: Dice, at: float) -> Iterator[Event]:
    connection = Connection(dice, office.hosts[0], office.server(dice.pick((FILES, MAIL, INTRANET, ADMIN))), 22)
    sent, received = dice.lognormal(6000, 1.0), dice.lognormal(14_000, 1.3)
    yield connection.session(at, "ssh", sent, received, dice.between(40, 1800))
    yield connection.event("auth", at + 0.3, outcome="success", method="ssh", attempts=1) | {"user": "admin"}


def _print(_: Network, office: Office, dice: Dice, at: float) -> Iterator[Event]:
    connection = Connection(dice, dice.pick(office.hosts), office.server(PRINTER), 9100)
    yield connection.session(at, None, dice.lognormal(180_000, 1.3), dice.lognormal(300, 0.4), dice.lognormal(3.0, 0.7))


def _mail(_: Network, office: Office, dice: Dice, at: float) -> Iterator[Event]:
    host, server, sends = dice.pick(office.hosts), office.server(MAIL), dice.chance(0.2)
    connection = Connection(dice, host, server, 587 if sends else 993)
    small, large = dice.lognormal(1500, 0.5), dice.lognormal(12_000, 1.6)
    sent, received = (large, small) if sends else (small, large)
    yield connection.session(at, "smtp" if sends else "ssl", sent, received, dice.lognormal(1.2, 0.9))
    yield handshake(dice, connection, at + 0.01, f"mail.{DOMAIN}")


def _chatter(_: Network, office: Office, dice: Dice, at: float) -> Iterator[Event]:
    group, port, size = dice.pick(_MULTICAST)
    yield Connection(dice, dice.pick(office.hosts), group, port, udp=True).announcement(at, size, dice.whole(1, 4))


def _mishap(network: Network, office: Office, dice: Dice, at: float) -> Iterator[Event]:
    """A server that is down, a service that moved: failures that mean nothing."""
    host = dice.pick(office.hosts)
    if dice.chance(0.5):
        yield Connection(dice, host, dice.pick(network.site(dice).addresses), 443).unanswered(at)
    else:
        yield Connection(dice, host, office.server(INTRANET), 8080).refused(at)


_WEIGHTS: dict[Callable[[Network, Office, Dice, float], Iterator[Event]], float] = {
    _browse: 34,
    _names: 16,
    _intranet: 8,
    _mail: 9,
    _chatter: 8,
    _clock: 7,
    _log_on: 5,
    _files: 6,
    _print: 2,
    _mishap: 1.5,
    _administer: 0.6,
}
_ACTS, _SHARES = tuple(_WEIGHTS), tuple(accumulate(_WEIGHTS.values()))
