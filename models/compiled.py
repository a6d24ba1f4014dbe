"""Numba's compiler, with a cache on disk where one can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile a loop to machine code at its first call.

    The code is cached beside the source or in `NUMBA_CACHE_DIR`; the cache does not see that a constant of another file
    has changed. In an installation where neither can be written, numba refuses to cache at decoration; the loop is then
    compiled once a process (some seconds).
    """
    try:
        kernel: Any = numba.njit(cache=True)(function)
    except RuntimeError:
        kernel = numba.njit(function)
    return cast(F, kernel)


def inlined(function: F) -> F:
    """Make a function part of the compiled loops that call it; a call with tables as arguments costs a third more."""
    return cast(F, numba.njit(inline="always")(function))
