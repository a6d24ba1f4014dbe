"""Connections as a sensor reports them: native events with the values that Zeek would log."""

from __future__ import annotations

from typing import Any

from ironcore.traffic.dice import Dice

Event = dict[str, Any]  #: `SecurityEvent` v1 as JSON has it

SENSOR = "generated-office"
_SEGMENT_BYTES = 1400
_TCP_HEADER_BYTES, _UDP_HEADER_BYTES = 52, 28  # with the IPv4 header; TCP with its time-stamp option
_SYN_BYTES, _RST_BYTES = 60, 40
#: SYN, ACK, FIN and ACK of the originator; SYN and ACK, ACK, FIN of the responder (RFC 9293). Every second full
#: segment is acknowledged by a packet of its own (RFC 1122, 4.2.3.2).
_OPEN_AND_CLOSE_PKTS = (4, 3)
#: Median of the short packets to and fro beyond full segments. http and ssl are set so that they carry as many packets
#: beyond full segments as in public Zeek logs (about 5 and 16 to 20 a side); the others are estimates.
_TURNS: dict[str | None, float] = {
    "http": 1.5, "ssl": 12.0, "gssapi,smb": 6.0, "krb_tcp": 1.0, "ldap": 4.0, "smtp": 9.0, "ssh": 12.0, None: 2.0,
}  # fmt: skip
_FINISHED = ("ShADadFf", "ShADadfF", "ShADdaFf", "ShADadFfR")


class Connection:
    """Five-tuple and identifier that all records of one connection share."""

    __slots__ = ("_dice", "_head")

    def __init__(self, dice: Dice, src: str, dst: str, port: int, *, udp: bool = False) -> None:
        self._dice = dice
        self._head: Event = {
            "source_id": "C" + dice.identifier(),
            "sensor": SENSOR,
            "src_ip": src,
            "src_port": dice.whole(32_768, 60_999),
            "dst_ip": dst,
            "dst_port": port,
            "proto": "udp" if udp else "tcp",
        }

    def event(self, kind: str, at: float, **section: Any) -> Event:
        """Return a record of this connection; `section` holds what was seen, None for what was not."""
        seen = {name: value for name, value in section.items() if value is not None}
        return {"kind": kind, "event_time": round(at, 6), **self._head, kind: seen}

    def session(self, at: float, service: str | None, sent: float, received: float, duration_s: float) -> Event:
        """Return the flow of a TCP connection that was opened, used and closed; payload in bytes each way."""
        dice, sent, received = self._dice, int(sent), int(received)
        turns = round(dice.lognormal(_TURNS[service], 0.4))
        requests = _OPEN_AND_CLOSE_PKTS[0] + turns + sent // _SEGMENT_BYTES + received // (2 * _SEGMENT_BYTES)
        replies = _OPEN_AND_CLOSE_PKTS[1] + turns + received // _SEGMENT_BYTES + sent // (2 * _SEGMENT_BYTES)
        state = "SF" if dice.chance(0.93) else dice.pick(("S1", "RSTO", "RSTR"))
        history = {"SF": dice.pick(_FINISHED), "S1": "ShADad", "RSTO": "ShADadR", "RSTR": "ShADadr"}[state]
        return self._flow(
            at,
            duration_s=round(duration_s, 6),
            conn_state=state,
            history=history,
            service=service,
            orig=(sent, requests, sent + requests * _TCP_HEADER_BYTES),
            resp=(received, replies, received + replies * _TCP_HEADER_BYTES),
        )

    def exchange(self, at: float, service: str | None, sent: int, received: int, duration_s: float) -> Event:
        """Return the flow of one UDP request and its answer."""
        return self._flow(
            at,
            duration_s=round(duration_s, 6),
            conn_state="SF",
            history="Dd",
            service=service,
            orig=(sent, 1, sent + _UDP_HEADER_BYTES),
            resp=(received, 1, received + _UDP_HEADER_BYTES),
        )

    def announcement(self, at: float, sent: int, packets: int) -> Event:
        """Return the flow of UDP that nobody answers, such as a multicast query; nothing is known of the other side."""
        duration_s = round(self._dice.between(0.5, 3.0), 6) if packets > 1 else None
        total = sent * packets
        return self._flow(
            at,
            duration_s=duration_s,
            conn_state="S0",
            history="D",
            orig=(total if duration_s else None, packets, total + packets * _UDP_HEADER_BYTES),
            resp=(0 if duration_s else None, 0, 0),
        )

    def unanswered(self, at: float) -> Event:
        """Return the flow of a SYN without an answer: Zeek knows neither duration nor bytes."""
        return self._flow(at, conn_state="S0", history="S", orig=(None, 1, _SYN_BYTES), resp=(None, 0, 0))

    def refused(self, at: float) -> Event:
        """Return the flow of a SYN that was answered by a reset."""
        duration_s = round(self._dice.lognormal(0.0008, 0.6), 6)
        return self._flow(
            at, duration_s=duration_s, conn_state="REJ", history="Sr", orig=(0, 1, _SYN_BYTES), resp=(0, 1, _RST_BYTES)
        )

    def probed(self, at: float) -> Event:
        """Return the flow of an open port that a half-open scan found: SYN, SYN and ACK, reset."""
        duration_s = round(self._dice.lognormal(0.0009, 0.6), 6)
        return self._flow(
            at, duration_s=duration_s, conn_state="RSTO", history="ShR", orig=(0, 2, 100), resp=(0, 1, _SYN_BYTES)
        )

    def _flow(
        self, at: float, *, orig: tuple[int | None, int, int], resp: tuple[int | None, int, int], **seen: Any
    ) -> Event:
        """Return a flow; `orig` and `resp` are payload bytes, packets and bytes with headers of each side."""
        names = ("bytes", "pkts", "ip_bytes")
        sides = {
            f"{side}_{name}": v
            for side, n in (("orig", orig), ("resp", resp))
            for name, v in zip(names, n, strict=True)
        }
        return self.event("flow", at, **seen, **sides)
