"""Who is there: offices of some forty hosts with their servers, and the names that they visit outside."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from ironcore.traffic.dice import Dice

#: One office for each so many events per second: a larger stream has more hosts, not busier ones.
EVENTS_PER_S_PER_OFFICE = 200.0
MAX_OFFICES = 200
HOSTS_PER_OFFICE = 40

#: Outside addresses are globally routed by the registries, so that they count as external, but belong to no company:
#: 6to4 relays (RFC 7526), AS112 (RFC 7534, RFC 7535) and AMT relays (RFC 7450).
_OUTSIDE_BLOCKS = ("192.88.99", "192.31.196", "192.175.48", "192.52.193")
_SITE_HOSTS = 200  # last octets 1 to 200 of each block are sites; those above are left to attackers

_FIRST = ("north", "blue", "open", "fast", "bright", "silver", "global", "metro", "clear", "prime", "green", "solid")
_SECOND = ("cloud", "mail", "docs", "news", "cdn", "maps", "bank", "shop", "video", "ads", "metrics", "travel", "code")
_TOP = ("com", "net", "org", "io")
_HOSTS = ("www", "api", "static", "login")
_NAMES = 300
#: Popularity of names falls with their rank to this power (Zipf's law is 1; caches in front of us flatten it).
_POPULARITY = 0.6


@dataclass(frozen=True, slots=True)
class Site:
    """A name outside and the addresses that it resolves to."""

    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Office:
    """One /16 of the company: hosts in 10.n.1.0/24, servers in 10.n.0.0/24, visitors in 10.n.9.0/24."""

    number: int

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the workstations of staff."""
        return tuple(f"10.{self.number}.1.{host}" for host in range(10, 10 + HOSTS_PER_OFFICE))

    def server(self, role: int) -> str:
        """Return the address of a server by its last octet, see the constants below."""
        return f"10.{self.number}.0.{role}"

    def neighbour(self, number: int) -> str:
        """Return the address of this number among all of the office's, hosts first, whether or not it is taken."""
        return f"10.{self.number}.{1 + number // 254 % 254}.{1 + number % 254}"

    def visitor(self, number: int) -> str:
        """Return the address of a device in the visitors' network, where no work is done."""
        return f"10.{self.number}.9.{number}"


# Last octets of an office's servers.
DIRECTORY, FILES, PRINTER, MAIL, INTRANET, ADMIN, PUBLIC = 10, 20, 30, 40, 50, 60, 80


class Network:
    """The company and the part of the Internet that it talks to."""

    def __init__(self, dice: Dice, events_per_s: float) -> None:
        count = min(max(round(events_per_s / EVENTS_PER_S_PER_OFFICE), 1), MAX_OFFICES)
        self.offices = tuple(Office(number) for number in range(1, count + 1))
        self._sites = _sites(dice)
        self._popularity = list(accumulate((rank + 1) ** -_POPULARITY for rank in range(len(self._sites))))

    def site(self, dice: Dice) -> Site:
        """Return a site outside, popular ones more often."""
        return self._sites[bisect_right(self._popularity, dice.uniform() * self._popularity[-1])]


def attacker(dice: Dice) -> str:
    """Return an address outside that nobody visits on business."""
    return f"{dice.pick(_OUTSIDE_BLOCKS)}.{dice.whole(_SITE_HOSTS + 1, 254)}"


def site_name(dice: Dice) -> str:
    """Return a registered name, made of words that exist."""
    return f"{dice.pick(_FIRST)}{dice.pick(_SECOND)}.{dice.pick(_TOP)}"


def _sites(dice: Dice) -> list[Site]:
    names = dict.fromkeys(f"{dice.pick(_HOSTS)}.{site_name(dice)}" for _ in range(_NAMES))
    return [Site(name, tuple(_site_address(dice) for _ in range(dice.whole(1, 4)))) for name in names]


def _site_address(dice: Dice) -> str:
    return f"{dice.pick(_OUTSIDE_BLOCKS)}.{dice.whole(1, _SITE_HOSTS)}"
