"""What the API can be told. One frozen object, read once; every field has its default and its reason."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

ADDRESSES = r"^([^:/\s,]+:\d+(,[^:/\s,]+:\d+)*)?$"
ORIGINS = r"^(https?://[^\s,/]+(,https?://[^\s,/]+)*)?$"
SECRET_CHARACTERS = 32


class ApiSettings(BaseModel):
    """Settings of `ironcore api`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address to listen on; put a proxy with TLS before any other.")
    port: int = Field(8080, ge=0, le=65_535, description="Port to listen on; 0 takes a free one and logs it.")
    processes: int = Field(2, ge=1, le=64, description="Processes that share the port; about one for each core.")
    local: bool = Field(
        False, description="Of the local stack, set by `ironcore up` and `demo`: cookies without TLS, a made-up secret."
    )
    secret: SecretStr | None = Field(
        None, description="Signs tokens; at least 32 random characters, the same for all processes. Required."
    )
    allowed_origins: str = Field(
        "", pattern=ORIGINS, description="Other origins whose pages may call, comma-separated; none by default."
    )
    trusted_proxies: str = Field(
        "", description="Addresses of proxies, comma-separated, whose X-Forwarded-For tells who signs in."
    )
    dashboard_dir: str | None = Field(None, description="Built dashboard; dashboard/dist of the checkout if left out.")
    worker_metrics: str = Field(
        "127.0.0.1:9808", pattern=ADDRESSES, description="HOST:PORT[,…] of the workers; a name may stand for several."
    )

    token_s: float = Field(900.0, ge=60, le=86_400, description="Life of a token: how long a stolen one is of use.")
    session_s: float = Field(43_200.0, ge=60, le=2_592_000, description="A session is refreshed for so long: a shift.")
    recheck_s: float = Field(15.0, gt=0, le=300, description="A verified token or key is looked at again after this.")
    sign_in_attempts: int = Field(10, ge=1, le=1000, description="Failed sign-ins of a user or address, a minute.")
    body_bytes: int = Field(1_048_576, ge=4096, le=16_777_216, description="A longer body is refused.")

    cache_ttl_s: float = Field(1.0, gt=0, le=60, description="An answer is at most this old, whoever keeps it.")
    cache_entries: int = Field(2048, ge=1, le=1_000_000, description="Answers that a process keeps.")
    cache_bytes: int = Field(67_108_864, ge=1_048_576, description="And their bytes.")
    aggregate_rows: int = Field(
        50_000,
        ge=100,
        le=10_000_000,
        description="Counts, groups and time lines look at so many of the newest matches.",
    )
    query_s: float = Field(10.0, gt=0, le=300, description="A query that takes longer is stopped.")
    connections: int = Field(8, ge=1, le=100, description="Connections to PostgreSQL of each process.")
    send_s: float = Field(10.0, gt=0, le=300, description="Longest wait for Kafka's acknowledgement.")

    live_tick_s: float = Field(0.025, gt=0, le=1, description="Threats are handed to live clients this often.")
    live_clients: int = Field(2000, ge=1, le=100_000, description="Live clients of a process.")
    live_queue: int = Field(2000, ge=1, le=1_000_000, description="Threats that wait for a slow client.")
    live_history: int = Field(10_000, ge=0, le=1_000_000, description="Latest threats that can be resumed from.")
    live_stall_s: float = Field(30.0, gt=0, le=600, description="A client that takes nothing for so long is dropped.")
    fetch_wait_s: float = Field(0.02, gt=0, le=5, description="How long the broker may hold an empty fetch.")

    @model_validator(mode="after")
    def _secret_is_long(self) -> Self:
        if self.secret is not None and len(self.secret.get_secret_value()) < SECRET_CHARACTERS:
            raise ValueError(f"secret must have at least {SECRET_CHARACTERS} characters")
        return self

    def origins(self) -> frozenset[str]:
        """Return the origins that may call."""
        return frozenset(filter(None, self.allowed_origins.split(",")))

    def workers(self) -> list[str]:
        """Return where the workers' metrics are."""
        return list(filter(None, self.worker_metrics.split(",")))
