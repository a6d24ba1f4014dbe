"""What the models share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _number(value: object) -> object:
    """Refuse a boolean, which Python takes for a number. Texts are left: a query has nothing else."""
    if isinstance(value, bool):
        raise ValueError("a boolean is no number")  # noqa: TRY004 - pydantic wants a ValueError
    return value


NumberOrText = BeforeValidator(_number)
#: Seconds since 1970-01-01 UTC, within what PostgreSQL and a 48-bit millisecond identifier both carry.
Time = Annotated[float, Field(ge=0, le=4_102_444_800), NumberOrText]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.@-]+$")]
#: PostgreSQL refuses NUL in text.
Words = Annotated[str, Field(min_length=1, max_length=4096, pattern=r"^[^\x00]*$")]
Word = Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[^\x00]*$")]


def example(**values: Any) -> ConfigDict:
    """Return the configuration of a model that shows an example in OpenAPI."""
    return ConfigDict(json_schema_extra={"examples": [values]})


class Request(BaseModel):
    """A body that a client sends: what is unknown is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Response(BaseModel):
    """A body that we send: every field is always there."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class Problem(Response):
    """An error, after RFC 9457 (application/problem+json)."""

    type: str = Field("about:blank", description="Kind of the problem; about:blank says no more than the status.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The status of the response.")
    detail: str = Field(description="What was wrong, and what to do.")
    errors: list[FieldError] = Field(default_factory=list, description="What was wrong with which field, if known.")


class FieldError(Response):
    """One field that was refused."""

    field: str = Field(description="Where: body.verdict, query.limit.")
    message: str = Field(description="Why.")


Problem.model_rebuild()
