"""Settles a worker's memory once it is warm: what only the start needed is given back, and what stays is left alone."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from pathlib import Path

#: glibc's mallopt(3): sizes from which memory is mapped by itself, and given back when it is free.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
#: What a batch takes and frees, some megabytes, is kept for the next one: the kernel clears each page that it gives.
_KEPT_BYTES = 64 << 20
#: Linux's madvise(2): reclaim these pages now; one that is needed again is read back from the file.
_MADV_PAGEOUT = 21


def settle_memory() -> None:
    """Keep the garbage collector from what stays, and give back the code that only the start ran.

    A batch makes thousands of objects and no cycle, so that the collector need not look often. TensorFlow's libraries
    hold 300 MB of code resident, of which scoring runs a few; elsewhere than on Linux it stays.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "malloc_trim"):  # glibc keeps what compiling the network's shapes had taken
            libc.malloc_trim(0)
            libc.mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES // 2)
            libc.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        madvise = libc.madvise
        madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        for start, end in _code():
            madvise(start, end - start, _MADV_PAGEOUT)  # a refusal (a kernel before 5.4) leaves things as they are


def _code() -> Iterator[tuple[int, int]]:
    """Yield the address ranges of files that are mapped and cannot be written to (proc_pid_maps(5))."""
    for line in Path("/proc/self/maps").read_text("utf-8").splitlines():
        addresses, mode, _, _, _, *name = line.split(maxsplit=5)
        if name and name[0].startswith("/") and "w" not in mode:
            start, _, end = addresses.partition("-")
            yield int(start, 16), int(end, 16)
