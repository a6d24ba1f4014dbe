"""`Assignment` v1: which model artefact has a role. The last message of a role counts."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Role(StrEnum):
    """What a model is there for; the key of the topic of models."""

    CHAMPION = "champion"  #: scores every event
    CHALLENGER = "challenger"  #: scores a sample unseen, to be compared with the champion


class ArtefactReference(BaseModel):
    """One artefact, by content."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(max_length=64, description="Name of the model.")
    version: str = Field(max_length=64, description="Version of the model.")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="Hash of its card, which holds that of its weights.")


class Assignment(BaseModel):
    """Who has a role from now on. Workers that cannot load it keep what they have, and say so."""

    model_config = ConfigDict(frozen=True)

    role: Role = Field(description="The role.")
    artefact: ArtefactReference | None = Field(
        description="Who has it. Null: no challenger; for the champion, the one that is shipped with each worker."
    )
    previous: ArtefactReference | None = Field(description="Who had it before; where a rollback leads.")
    actor: str = Field(max_length=128, description="Who decided.")
    time: float = Field(description="When, seconds since 1970-01-01 UTC.")
