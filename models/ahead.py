"""Compiles numba's loops ahead, which a worker would compile at its first start: eight seconds.

    python -m models.ahead

They go to numba's cache: `NUMBA_CACHE_DIR`, or `__pycache__` beside the source.
"""

from __future__ import annotations

from models.features import FeatureExtractor

if __name__ == "__main__":
    FeatureExtractor()
    print("compiled ahead: the loops of the windows")  # noqa: T201 - what the command tells
