"""`SecurityEvent` v1: the one form that every sensor's record takes inside the pipeline.

The pydantic models are the published contract (JSON Schema, documentation, API bodies). The stream
uses `Event`, a msgspec struct compiled from the same fields and limits by `schemas.struct`, since it
decodes five times as fast; a test holds both to the same verdict on the same documents.

A value that the sensor did not report stays `None`: missing is information and never zero.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from schemas.struct import compile_struct

Kind = Literal["flow", "dns", "http", "tls", "auth", "alert"]
KINDS: tuple[Kind, ...] = ("flow", "dns", "http", "tls", "auth", "alert")

#: Event times are seconds since 1970-01-01T00:00:00Z; the bounds are those that a 48-bit millisecond
#: identifier and Postgres both carry, and that no healthy sensor clock leaves.
MIN_EVENT_TIME, MAX_EVENT_TIME = 0.0, 4_102_444_800.0  # 1970-01-01 and 2100-01-01

# One limit each, so that no sensor can make a row unbounded. Counters are those of a signed 64-bit column.
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
Port = Annotated[int, Field(ge=0, le=65_535)]
Seconds = Annotated[float, Field(ge=0.0, le=4_102_444_800.0)]
Word = Annotated[str, Field(max_length=64)]
Name = Annotated[str, Field(max_length=512)]
Text = Annotated[str, Field(max_length=4096)]


class Section(BaseModel):
    """Base of the contract's models: unknown fields are refused, so that a misspelt one is heard of.

    Types are strict (no numbers in text), as in the JSON Schema and in the struct.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)


class Flow(Section):
    """A connection (Zeek conn, Suricata flow, OCSF Network Activity).

    `orig` is the side that opened the connection (Zeek's originator, Suricata's client), `resp` the other.
    An application record that has no kind of its own (SMB, DCE-RPC, file transfers) is a flow whose
    `service` names the protocol and whose counters are missing.
    """

    duration_s: Seconds | None = Field(None, description="Length of the connection, seconds. Zeek `duration`.")
    orig_bytes: Count | None = Field(None, description="Payload bytes from the originator. Zeek `orig_bytes`.")
    resp_bytes: Count | None = Field(None, description="Payload bytes from the responder. Zeek `resp_bytes`.")
    orig_pkts: Count | None = Field(None, description="Packets from the originator. Suricata `pkts_toserver`.")
    resp_pkts: Count | None = Field(None, description="Packets from the responder. Suricata `pkts_toclient`.")
    orig_ip_bytes: Count | None = Field(
        None, description="Bytes with headers from the originator. Zeek `orig_ip_bytes`, Suricata `bytes_toserver`."
    )
    resp_ip_bytes: Count | None = Field(
        None, description="Bytes with headers from the responder. Zeek `resp_ip_bytes`, Suricata `bytes_toclient`."
    )
    conn_state: Word | None = Field(None, description="Zeek's summary of the connection's state, such as SF, S0, REJ.")
    history: Name | None = Field(None, description="Zeek's history of flags, such as ShADadFf.")
    service: Word | None = Field(None, description="Application protocol as detected, in Zeek's names (http, ssl).")


class Dns(Section):
    """A DNS transaction (Zeek dns, Suricata dns, OCSF DNS Activity)."""

    query: Name | None = Field(None, description="Name asked for.")
    qtype: Word | None = Field(None, description="Query type by name: A, AAAA, TXT.")
    rcode: Word | None = Field(None, description="Response code by name: NOERROR, NXDOMAIN.")
    answers: Annotated[list[Name], Field(max_length=256)] | None = Field(None, description="Answers, in order.")
    rtt_s: Seconds | None = Field(None, description="Time from query to answer, seconds. Zeek `rtt`.")


class Http(Section):
    """An HTTP transaction (Zeek http, Suricata http, OCSF HTTP Activity)."""

    method: Word | None = Field(None, description="Request method.")
    host: Name | None = Field(None, description="Host header.")
    uri: Text | None = Field(None, description="Request target.")
    user_agent: Text | None = Field(None, description="User-Agent header.")
    referrer: Text | None = Field(None, description="Referer header.")
    status_code: Annotated[int, Field(ge=0, le=999)] | None = Field(None, description="Response status.")
    request_bytes: Count | None = Field(None, description="Request body, bytes. Zeek `request_body_len`.")
    response_bytes: Count | None = Field(None, description="Response body, bytes. Zeek `response_body_len`.")


class Tls(Section):
    """A TLS handshake or a certificate seen in one (Zeek ssl and x509, Suricata tls)."""

    version: Word | None = Field(None, description="Protocol version as the sensor writes it: TLSv12, TLS 1.2.")
    cipher: Name | None = Field(None, description="Cipher suite by IANA name.")
    server_name: Name | None = Field(None, description="Server Name Indication.")
    ja3: Word | None = Field(None, description="JA3 fingerprint of the client.")
    ja3s: Word | None = Field(None, description="JA3S fingerprint of the server.")
    subject: Text | None = Field(None, description="Subject of the server's certificate.")
    issuer: Text | None = Field(None, description="Issuer of the server's certificate.")
    established: bool | None = Field(None, description="Whether the handshake completed.")
    validation_status: Name | None = Field(None, description="Verdict on the certificate chain. Zeek's.")
    name_matches: bool | None = Field(None, description="Whether the certificate is for the server name asked for.")
    not_after: float | None = Field(None, description="End of the server's certificate, seconds since 1970-01-01 UTC.")


class Auth(Section):
    """An authentication attempt (Zeek ssh, kerberos, ntlm, rdp, ftp; ECS category authentication)."""

    outcome: Literal["success", "failure"] | None = Field(None, description="Result, when the sensor knows it.")
    method: Word | None = Field(None, description="Protocol or mechanism: ssh, kerberos, ntlm.")
    attempts: Count | None = Field(None, description="Attempts within this record. Zeek ssh `auth_attempts`.")


class Alert(Section):
    """Another detector's verdict (Suricata alert and anomaly, Zeek notice and weird)."""

    signature: Name | None = Field(None, description="What was detected, in words.")
    signature_id: Count | None = Field(None, description="The detector's rule number. Suricata `signature_id`.")
    category: Name | None = Field(None, description="The detector's class of the rule.")
    severity: Annotated[int, Field(ge=1, le=4)] | None = Field(None, description="1 is the highest (Suricata's order).")
    action: Word | None = Field(None, description="What the detector did: allowed, blocked.")


class SecurityEvent(Section):
    """One thing that one sensor saw. `kind` names the section that must be present."""

    kind: Kind = Field(description="Which section carries the observation.")
    event_time: Annotated[float, Field(ge=MIN_EVENT_TIME, lt=MAX_EVENT_TIME)] = Field(
        description="When it happened by the sensor's clock: seconds since 1970-01-01 UTC, to the microsecond."
    )
    event_id: UUID | None = Field(
        None,
        description="Identifier, time first (RFC 9562 version 8). Leave it out: it is derived from the sensor's own "
        "identifier or from the content, so that the same record sent twice is the same event.",
    )
    source_id: Name | None = Field(None, description="The sensor's own identifier: Zeek `uid`, Suricata `flow_id`.")
    sensor: Name | None = Field(None, description="Which sensor or application reported it.")
    src_ip: Word | None = Field(None, description="Source (originator) address, IPv4 or IPv6 in text form.")
    src_port: Port | None = Field(None, description="Source port.")
    dst_ip: Word | None = Field(None, description="Destination (responder) address.")
    dst_port: Port | None = Field(None, description="Destination port.")
    proto: Word | None = Field(None, description="Transport protocol in lower case: tcp, udp, icmp.")
    user: Name | None = Field(None, description="Account involved, as the sensor names it.")
    host: Name | None = Field(None, description="Name of the host that acted, when the sensor knows it.")
    flow: Flow | None = Field(None, description="Counters of the connection; other kinds may carry them as well.")
    dns: Dns | None = Field(None, description="Present when kind is dns.")
    http: Http | None = Field(None, description="Present when kind is http.")
    tls: Tls | None = Field(None, description="Present when kind is tls.")
    auth: Auth | None = Field(None, description="Present when kind is auth.")
    alert: Alert | None = Field(None, description="Present when kind is alert.")


#: The stream's form of `SecurityEvent`: the same fields and limits, decoded by msgspec.
Event = compile_struct(SecurityEvent)


def entity_of(event: SecurityEvent) -> str:
    """Who acted: the source address, else the host, the user, the sensor. It keys the raw topic and the windows."""
    return event.src_ip or event.host or event.user or event.sensor or "unknown"
