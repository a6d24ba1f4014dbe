"""Five attacks, each as many records as it is given, in the order of time.

Every one comes from an address that does nothing else, apart from the beacon and the exfiltration, which come from
hosts whose users go on working.
"""

from __future__ import annotations

from collections.abc import Iterator

from ironcore.traffic.dice import Dice
from ironcore.traffic.network import ADMIN, DIRECTORY, PUBLIC, Network, attacker, site_name
from ironcore.traffic.office import handshake, lookup
from ironcore.traffic.wire import Connection, Event

#: Ports in the order of how often they are open; a scan goes on upwards from 1024 after them.
_COMMON_PORTS = (80, 23, 443, 21, 22, 25, 3389, 110, 445, 139, 143, 53, 135, 3306, 8080, 1723, 111, 995, 993, 5900)
_OPEN_PORTS = frozenset({80, 443, 22})
BEACON_PERIOD_S, BEACON_JITTER = 2.0, 0.05
_BEACONS_PER_LOOKUP = 10  # the name is cached for twenty seconds


def scan(network: Network, dice: Dice, at: float, length_s: float, events: int) -> Iterator[Event]:
    """Probe many ports of one server from outside, or one port of many hosts from a visitor's device."""
    office = dice.pick(network.offices)
    vertical = dice.chance(0.5)
    src = attacker(dice) if vertical else office.visitor(dice.whole(2, 250))
    for number in range(events):
        dst = office.server(PUBLIC) if vertical else office.neighbour(number)
        port = _port(number) if vertical else 445
        connection = Connection(dice, src, dst, port)
        yield _probe(dice, connection, at + length_s * number / events, is_open=vertical and port in _OPEN_PORTS)


def brute_force(network: Network, dice: Dice, at: float, length_s: float, events: int) -> Iterator[Event]:
    """Try passwords on the administrators' SSH server; each attempt is a short connection and a failure."""
    src, server = attacker(dice), dice.pick(network.offices).server(ADMIN)
    attempts = max(events // 2, 1)
    for number in range(attempts):
        connection, begun = Connection(dice, src, server, 22), at + length_s * number / attempts
        sent, received = dice.lognormal(1900, 0.08), dice.lognormal(2400, 0.08)
        yield connection.session(begun, "ssh", sent, received, dice.lognormal(1.9, 0.25))
        yield connection.event("auth", begun, outcome="failure", method="ssh", attempts=dice.whole(1, 3)) | {
            "user": dice.pick(("root", "admin", "test", "oracle", "backup", "postgres"))
        }


def flood(network: Network, dice: Dice, at: float, length_s: float, events: int) -> Iterator[Event]:
    """Open half connections to the public web server: one source, more of them the larger the flood is."""
    server = dice.pick(network.offices).server(PUBLIC)
    sources = [attacker(dice) for _ in range(min(max(events // 500, 1), 40))]
    for number in range(events):
        yield Connection(dice, dice.pick(sources), server, 443).unanswered(at + length_s * number / events)


def exfiltration(network: Network, dice: Dice, at: float, length_s: float, events: int) -> Iterator[Event]:
    """Upload archives over SSH from a workstation to an address outside, far more out than in."""
    src, dst = dice.pick(dice.pick(network.offices).hosts), attacker(dice)
    for number in range(events):
        size = dice.lognormal(24e6, 0.5)
        connection = Connection(dice, src, dst, 22)
        yield connection.session(
            at + length_s * number / events, "ssh", size, size / 900, size / dice.between(8e6, 12e6)
        )


def beacon(network: Network, dice: Dice, at: float, length_s: float) -> Iterator[Event]:
    """Call home over TLS on time from one workstation, small and always alike."""
    office = dice.pick(network.offices)
    src, dst, name = dice.pick(office.hosts), attacker(dice), f"cdn.{site_name(dice)}"
    resolver = office.server(DIRECTORY)
    for number in range(int(length_s / BEACON_PERIOD_S)):
        if number % _BEACONS_PER_LOOKUP == 0:
            yield from lookup(dice, src, resolver, at, name, dst)
        connection = Connection(dice, src, dst, 443)
        called = at + 0.05  # after the answer
        yield connection.session(
            called, "ssl", dice.between(560, 600), dice.between(830, 860), dice.lognormal(0.25, 0.1)
        )
        yield handshake(dice, connection, called, name)
        at += BEACON_PERIOD_S * (1 + BEACON_JITTER * (2 * dice.uniform() - 1))


def _port(number: int) -> int:
    if number < len(_COMMON_PORTS):
        return _COMMON_PORTS[number]
    return 1024 + (number - len(_COMMON_PORTS)) % (65_536 - 1024)


def _probe(dice: Dice, connection: Connection, at: float, *, is_open: bool) -> Event:
    if is_open:
        return connection.probed(at)
    return connection.refused(at) if dice.chance(0.35) else connection.unanswered(at)
