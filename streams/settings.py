"""What a worker can be told. One frozen object, read once; every field has its default and its reason."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.render import Form


class WorkerSettings(BaseModel):
    """Settings of `ironcore worker`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: str = Field("ironcore", min_length=1, description="Consumer group; workers of a group share the partitions.")
    instance_id: str | None = Field(
        None,
        description="Static membership: a worker that comes back under this name gets its partitions back at once.",
    )
    session_timeout_s: float = Field(
        6.0, ge=1, le=300, description="A worker that is silent for so long has died, and another takes over."
    )
    rebalance_timeout_s: float = Field(
        3.0, ge=1, le=300, description="How long the group waits for its members; the embedded broker waits all of it."
    )
    heartbeat_s: float = Field(1.0, gt=0, le=100, description="Between heartbeats; at most a third of the session.")
    poll_limit_s: float = Field(
        3600.0, ge=10, description="Longest pause of the intake (a fault in Postgres) before the group gives up on us."
    )
    fetch_wait_s: float = Field(
        0.02, gt=0, le=5, description="How long the broker may hold an empty fetch; the embedded one always does."
    )
    commit_interval_s: float = Field(
        0.5, gt=0, le=60, description="Between commits; a kill repeats at most what was settled since the last."
    )
    drain_s: float = Field(
        10.0, gt=0, le=300, description="On SIGTERM or a revocation: finish the batches in hand, or give them back."
    )

    batch_events: int = Field(
        16_384,
        ge=1,
        le=65_536,
        description="A batch is full at so many records. Every batch has a fixed cost, so that large ones are cheap "
        "under load; a small load never waits for them.",
    )
    batches_in_flight: int = Field(
        2,
        ge=1,
        le=16,
        description="Batches between decode and commit; beyond it the intake waits. Of small ones there is one.",
    )
    record_bytes: int = Field(
        1_048_576, ge=1024, le=16_777_216, description="A longer record goes to the dead letters."
    )

    max_bad_ratio: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Above this share of rejected records the worker stops: a bad deploy, not bad luck.",
    )
    bad_ratio_records: int = Field(1000, ge=1, description="The ratio is taken over this many records at least.")

    window_entities: int = Field(65_536, ge=1024, description="Entities whose windows are kept; memory is fixed by it.")
    restore_s: float = Field(
        600.0, ge=0, description="After a restart the windows are rebuilt from this much of each partition's past."
    )
    restore_records: int = Field(
        200_000, ge=0, description="And from at most so many records of each partition. 0 starts with empty windows."
    )
    model_dir: str | None = Field(
        None, description="Folder of a model artefact to keep to; when left out, the one that is promoted or shipped."
    )
    shadow_events: int = Field(
        1024, ge=1, le=65_536, description="Flows of each batch, at most, that a challenger scores unseen."
    )
    observe_every_s: float = Field(
        60.0, ge=1, le=3600, description="Between measurements of drift, each of which is a row in Postgres."
    )
    drift_window_s: float = Field(3600.0, ge=60, le=86_400, description="Drift is measured over so much of the past.")

    risk_threshold: float = Field(
        200.0,
        ge=10,
        le=1200,
        description="Points at which the risk that an entity has gathered is a threat of its own. An event gives 100 "
        "at most, and one class alone stays below 200.",
    )
    risk_half_life_s: float = Field(
        30_000.0, ge=60, le=2_592_000, description="In so long half of the points that an entity has gathered fade."
    )

    threat_form: Form = Field(Form.JSON, description="How threats are written: json, msgpack or ocsf.")
    cache_ttl_s: int = Field(3600, ge=1, description="Hot results stay in Redis for this long.")
    retry_max_s: float = Field(5.0, gt=0, le=300, description="Longest wait between two tries of a failed sink.")
    idempotent_producer: bool = Field(
        False, description="Let the broker drop repeated sends (Apache Kafka; the embedded broker refuses it)."
    )

    metrics_host: str = Field("127.0.0.1", description="Address that /metrics, /health and /ready listen on.")
    metrics_port: int = Field(9808, ge=0, le=65_535, description="Their port; 0 takes a free one and logs it.")
    stuck_commit_s: float = Field(
        60.0, gt=0, description="Health and readiness fail when a record waits this long for its commit."
    )
    retention_days: int = Field(30, ge=1, le=3650, description="Days of events and threats kept in Postgres.")
    partitions_ahead_days: int = Field(3, ge=1, le=30, description="Days whose partitions are made before they begin.")

    @model_validator(mode="after")
    def _heartbeat_fits(self) -> Self:
        if self.heartbeat_s * 3 > self.session_timeout_s:
            raise ValueError("heartbeat_s must be at most a third of session_timeout_s")
        return self
