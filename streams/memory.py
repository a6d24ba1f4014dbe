"""Keeps a worker small: what only the start needed is given back once it is warm, and what is free every minute."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys
from collections.abc import Iterator

import psutil

#: glibc's mallopt(3): sizes from which memory is mapped by itself, and given back when it is free.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
#: What a batch takes and frees, some megabytes, is kept for the next one: the kernel clears each page that it gives.
_KEPT_BYTES = 64 << 20
#: 60 MB take some 5 ms of CPU to be given back, and 27 when they are taken again and cleared page by page.
TRIM_EVERY_S = 60.0
#: Linux's prctl(2): no page of 2 MB, which is resident whole where a part of it is used. NumPy and Arrow ask for them.
_PR_SET_THP_DISABLE = 41
#: Linux's madvise(2): these pages are not expected to be used; one that is comes from the file again.
_MADV_DONTNEED = 4


def settle_memory() -> None:
    """Keep the garbage collector from what stays, and let go of the code that only the start ran.

    A batch makes thousands of objects and no cycle, so that the collector need not look often. 130 MB of libraries are
    resident (LLVM, Arrow, LiteRT), of which scoring runs some 30: the rest stays in the kernel's cache of files, where
    it is taken from when memory is short. Pages of 2 MB are no longer taken. Elsewhere than on Linux all stays.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    give_back()  # what the start had taken
    _libc("prctl", _PR_SET_THP_DISABLE, 1, 0, 0, 0)
    _libc("mallopt", _M_MMAP_THRESHOLD, _KEPT_BYTES // 2)
    _libc("mallopt", _M_TRIM_THRESHOLD, _KEPT_BYTES)
    if sys.platform == "linux":
        madvise = ctypes.CDLL(None).madvise
        madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        for start, end in _files():
            madvise(start, end - start, _MADV_DONTNEED)


def give_back() -> None:
    """Give free memory back to the kernel: glibc keeps what lies between pieces that stay, and that adds up."""
    _libc("malloc_trim", 0)


async def keep_trimmed() -> None:
    """Give free memory back again and again, until cancelled."""
    while True:
        await asyncio.sleep(TRIM_EVERY_S)
        await asyncio.to_thread(give_back)


def _libc(name: str, *numbers: int) -> None:
    """Call a function of Linux's C library; do nothing where it is missing: malloc's are glibc's alone."""
    if sys.platform == "linux" and (function := getattr(ctypes.CDLL(None), name, None)):
        function(*numbers)


def _files() -> Iterator[tuple[int, int]]:
    """Yield the address ranges that are as their file is: not writable, and without a page that once was written to.

    Such pages (a library's relocations) are in no file, and would be lost.
    """
    for area in psutil.Process().memory_maps(grouped=False):
        unchanged = not (area.anonymous or area.private_dirty or area.swap)
        if area.path.startswith("/") and "w" not in area.perms and unchanged:
            start, _, end = area.addr.partition("-")
            yield int(start, 16), int(end, 16)
