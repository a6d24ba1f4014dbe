"""How likely a name is by its letters: a Markov chain of order two over names that people chose.

Generated domain names are told by the letters that follow each other (Yadav et al., IMC 2010; Raghuram, Miller and
Kesidis, J. Adv. Res. 5(4), 2014). The table, `trigrams.npy`, was counted over the names of the 15,000 most downloaded
packages of PyPI and of those of npm with over 20,000 downloads a month, whole and cut at separators: short names,
brands and abbreviations, as domains are. It holds counts only. `python -m models.kinds.trigrams NAMES TABLE` makes one
of a file with a name a line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-"
_CODE = {letter: code for code, letter in enumerate(ALPHABET, start=1)}  # 0 is the edge of a name
SIZE = len(ALPHABET) + 1
#: Steps of the table for a bit: it holds -log2 of probabilities in bytes.
STEPS_PER_BIT = 12
#: Weight of the shorter history, in observations (interpolation of Witten and Bell, with a constant).
_PRIOR = 8.0
#: Shorter labels say nothing.
MIN_LABEL = 7
#: Bits a letter from which a label begins to look generated, and at which it surely does. Of 3,000 names held out
#: 1 in 1000 reaches the first; of labels of 12 random letters 5 in 100 stay below it, their median is 7.8.
BITS_USUAL, BITS_GENERATED = 6.0, 8.0

TABLE = Path(__file__).with_name("trigrams.npy")


def generatedness(label: str) -> float:
    """Return how generated a label (one part of a domain name) looks, 0 to 1; 0 for a short or an encoded one."""
    if len(label) < MIN_LABEL or label.startswith("xn--"):
        return 0.0
    return float(np.clip((bits_per_letter(label) - BITS_USUAL) / (BITS_GENERATED - BITS_USUAL), 0.0, 1.0))


def bits_per_letter(label: str) -> float:
    """Return the mean -log2 of the probability of a label's letters, its end among them."""
    codes = _codes(label)
    steps = sum(_STEPS[(a * SIZE + b) * SIZE + c] for a, b, c in zip(codes, codes[1:], codes[2:], strict=False))
    return steps / STEPS_PER_BIT / (len(codes) - 2)


def table_of(names: Iterable[str]) -> NDArray[np.uint8]:
    """Count names into a (SIZE, SIZE, SIZE) table of -log2 P(third | first, second), `STEPS_PER_BIT` steps a bit."""
    seen = np.zeros((SIZE, SIZE, SIZE))
    for name in names:
        codes = _codes(name)
        for a, b, c in zip(codes, codes[1:], codes[2:], strict=False):
            seen[a, b, c] += 1
    single = (seen.sum(axis=(0, 1)) + 1) / (seen.sum() + SIZE)
    pairs = seen.sum(axis=0)
    second = (pairs + _PRIOR * single) / (pairs.sum(axis=1, keepdims=True) + _PRIOR)
    third = (seen + _PRIOR * second) / (seen.sum(axis=2, keepdims=True) + _PRIOR)
    table: NDArray[np.uint8] = np.minimum(np.rint(-np.log2(third) * STEPS_PER_BIT), 255).astype(np.uint8)
    return table


def parts_of(name: str) -> set[str]:
    """Return a package's name as domains would have it: whole, and without its separators."""
    found = set()
    for part in re.split("[/@]", name.lower()):
        found |= {re.sub("[^a-z0-9]+", "-", part).strip("-"), re.sub("[^a-z0-9]", "", part)}
    return {part for part in found if 4 <= len(part) <= 30}


def _codes(name: str) -> list[int]:
    return [0, 0, *(_CODE.get(letter, 0) for letter in name), 0]


#: The table as bytes, one after another: an element of an array costs ten times as much, lists forty times the memory.
_STEPS = np.load(TABLE).tobytes() if TABLE.exists() else b""


if __name__ == "__main__":
    _given, _made = Path(sys.argv[1]), Path(sys.argv[2])
    _names = {part for line in _given.read_text("utf-8").splitlines() for part in parts_of(line.strip())}
    np.save(_made, table_of(sorted(_names)))
