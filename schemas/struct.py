"""Compiles a pydantic model into a msgspec struct with the same fields, defaults and limits."""

from __future__ import annotations

import types
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import annotated_types
import msgspec
from pydantic import BaseModel
from pydantic.fields import FieldInfo

M = TypeVar("M", bound=BaseModel)

_LIMITS = {
    annotated_types.Ge: "ge",
    annotated_types.Gt: "gt",
    annotated_types.Le: "le",
    annotated_types.Lt: "lt",
    annotated_types.MaxLen: "max_length",
    annotated_types.MinLen: "min_length",
}


@cache
def compile_struct(model: type[M], *, omit_defaults: bool = True) -> type[M]:
    """Return a `msgspec.Struct` class that accepts what `model` accepts.

    It is typed as the model, whose attributes it has. Constructing it checks nothing (msgspec checks when
    it decodes or converts). With `omit_defaults`, what is at its default is not written. Raises TypeError for an
    annotation that has no msgspec counterpart.
    """
    fields: list[tuple[str, Any, Any]] = [
        (name, _type(info.annotation, info), msgspec.NODEFAULT if info.is_required() else info.default)
        for name, info in model.model_fields.items()
    ]
    # gc=False: events hold no cycles, and the collector would walk every one of them.
    return msgspec.defstruct(  # type: ignore[return-value]
        model.__name__, fields, kw_only=True, forbid_unknown_fields=True, omit_defaults=omit_defaults, gc=False
    )


def _type(annotation: Any, info: FieldInfo | None = None) -> Any:
    """Translate one annotation: nested models become structs, pydantic limits become `msgspec.Meta`."""
    limits = _limits(info.metadata) if info else {}
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = next((a for a in args[1:] if isinstance(a, FieldInfo)), None)
        return _type(args[0], inner) if inner else _type(args[0])
    if origin in (Union, types.UnionType):
        return Union[tuple(_type(a) for a in args)]  # noqa: UP007 - built at run time
    if origin in (list, dict):
        translated: Any = origin[tuple(_type(a) for a in args)]
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        translated = compile_struct(annotation)
    elif origin is Literal or isinstance(annotation, type):
        translated = annotation
    else:
        raise TypeError(f"no msgspec counterpart for {annotation!r}")
    return Annotated[translated, msgspec.Meta(**limits)] if limits else translated


def _limits(metadata: list[Any]) -> dict[str, Any]:
    return {
        keyword: getattr(item, keyword)
        for item in metadata
        for kind, keyword in _LIMITS.items()
        if isinstance(item, kind)
    }
