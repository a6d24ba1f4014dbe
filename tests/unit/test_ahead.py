"""What is compiled ahead is found by a process that starts, and a damaged cache is left alone."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from models import ahead

WARM_UP = "from models.scorer import Scorer; Scorer.load().warm_up()"


def test_a_process_that_starts_compiles_nothing_again(tmp_path: Path) -> None:
    folder = ahead._folder()
    if not ahead._is_whole(folder):
        subprocess.run([sys.executable, "-m", "models.ahead"], check=True, timeout=300)
    cache = tmp_path / "cache"
    shutil.copytree(folder, cache)
    before = sorted(path.name for path in cache.iterdir())
    # It may write here, and its own way to the folder is barred: what it has to compile would be added.
    flags = ahead._FLAG.format(cache, "false")
    environment = os.environ | {"TF_XLA_FLAGS": flags, "NUMBA_CACHE_DIR": str(tmp_path / "none")}
    subprocess.run([sys.executable, "-c", WARM_UP], check=True, timeout=300, env=environment)
    assert len(before) > 2
    assert sorted(path.name for path in cache.iterdir()) == before


@pytest.mark.parametrize("damage", ["altered", "missing", "unlisted", "whole"])
def test_only_a_whole_cache_is_read(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("TF_XLA_FLAGS", "--given")
    folder = ahead._folder()
    folder.mkdir()
    (folder / "a.pb").write_bytes(b"code")
    (folder / "SHA256SUMS").write_text(f"{hashlib.sha256(b'code').hexdigest()}  a.pb\n")
    match damage:
        case "altered":
            (folder / "a.pb").write_bytes(b"cod")
        case "missing":
            (folder / "a.pb").unlink()
        case "unlisted":
            (folder / "SHA256SUMS").write_text("")
    assert ahead.read_compiled() == (damage == "whole")
    read = "" if damage != "whole" else f" {ahead._FLAG.format(folder, 'true')}"
    assert os.environ["TF_XLA_FLAGS"] == f"--given{read}"
