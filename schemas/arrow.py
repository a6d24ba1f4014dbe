"""Arrow, where it is there; else the little of it that the way from a record to its features needs.

A sensor does without pyarrow (`ironcore.edge`), which takes 36 MB resident. It scores a small stream, so that columns
of Python objects do there, and all the code above the columns is the same. `tests/unit/test_arrow.py` holds both to
the same answers.
"""

from __future__ import annotations

import os

# Arrow's allocator gives free memory back after 10 s, not at once: the next batch takes it again, and the kernel clears
# each page that it gives. Read when Arrow is loaded.
os.environ.setdefault("MIMALLOC_PURGE_DELAY", "10000")

try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ImportError:
    from schemas import plain_columns as pa
    from schemas import plain_columns as pc

__all__ = ["pa", "pc"]
