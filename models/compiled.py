"""Numba's compiler, with a cache on disk where one can be written; plain Python where numba is not there.

A sensor does without it (`ironcore.edge`): numba and LLVM take 65 MB, and a sensor's own traffic is small.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

numba: Any
try:
    import numba
except ImportError:
    numba = None
    np.seterr(over="ignore")  # hashes wrap, as they do in machine code; NumPy would warn of each

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile a loop to machine code at its first call.

    The code is cached beside the source or in `NUMBA_CACHE_DIR`; the cache does not see that a constant of another file
    has changed. In an installation where neither can be written, numba refuses to cache at decoration; the loop is then
    compiled once a process (some seconds).
    """
    if numba is None:
        return function
    try:
        kernel: Any = numba.njit(cache=True)(function)
    except RuntimeError:
        kernel = numba.njit(function)
    return cast(F, kernel)


def inlined(function: F) -> F:
    """Make a function part of the compiled loops that call it; a call with tables as arguments costs a third more."""
    return function if numba is None else cast(F, numba.njit(inline="always")(function))
