"""Settling memory, in a process of its own: it must not touch the memory of the tests."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def told_by(script: str) -> tuple[int, int]:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    return before, after


SETTLED = """
import psutil
import numpy as np
import pyarrow.compute as pc
from streams.memory import settle_memory

def file_bytes():
    return sum(area.rss - area.anonymous for area in psutil.Process().memory_maps() if area.path.startswith("/"))

table = pc.cast(np.arange(1000.0), "string")
before = file_bytes()
settle_memory()
after = file_bytes()
# What was let go of is there again when it is called: code, tables of constants, and relocated addresses.
assert pc.cast(np.arange(1000.0), "string").equals(table)
assert np.linalg.inv(np.eye(3)).tolist() == np.eye(3).tolist()
print(before, after)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="madvise with this meaning is Linux's")
def test_code_that_only_the_start_ran_is_let_go_and_comes_back_when_it_is_needed() -> None:
    before, after = told_by(SETTLED)
    assert after < before / 4


GIVEN_BACK = """
import psutil
from streams.memory import give_back, settle_memory

settle_memory()
pieces = [bytes(4000) for _ in range(50_000)]  # 200 MB
kept = pieces[-1]  # at the end, so that nothing is free behind it
pieces.clear()
before = psutil.Process().memory_info().rss
give_back()
print(before, psutil.Process().memory_info().rss)
"""


def test_arrow_is_told_to_keep_what_a_batch_frees_before_it_is_loaded() -> None:
    program = """
import os, sys
class Watch:
    def find_spec(self, name, *_):
        if name == "pyarrow":
            print(os.environ.get("MIMALLOC_PURGE_DELAY"))
sys.meta_path.insert(0, Watch())
import streams.worker
"""
    kept = {name: value for name, value in os.environ.items() if name != "MIMALLOC_PURGE_DELAY"}
    ran = subprocess.run([sys.executable, "-c", program], env=kept, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["10000"]


@pytest.mark.skipif(sys.platform != "linux", reason="malloc_trim is glibc's")
def test_what_is_free_between_pieces_that_stay_is_given_back() -> None:
    before, after = told_by(GIVEN_BACK)
    assert after < before - 150_000_000
