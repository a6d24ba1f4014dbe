"""Compiles ahead what a worker would compile at its start: numba's loops, and the network by XLA.

    python -m models.ahead

The compiled network goes beside numba's cache (`NUMBA_CACHE_DIR`, or `__pycache__` here), for this version of
TensorFlow and this processor; `models.runtime` lets TensorFlow read it. It is made here and only read elsewhere, whole
or not at all: TensorFlow fails a call for a damaged or unwritable cache instead of compiling.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_SUMS = "SHA256SUMS"
_FLAG = "--tf_xla_persistent_cache_directory={} --tf_xla_persistent_cache_read_only={}"


def read_compiled() -> bool:
    """Let TensorFlow, which must not have compiled yet, read what was compiled ahead; return whether there is any."""
    folder = _folder()
    if _is_split(folder) or not _is_whole(folder):
        return False
    _tell_tensorflow(folder, read_only=True)
    return True


def compile_ahead() -> Path:
    """Compile for the processor of this machine, in a process that has compiled nothing yet; return the folder.

    Raises:
        OSError: The folder cannot be written.
    """
    folder = _folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}-") as work:
        made = Path(work) / "made"
        made.mkdir(mode=0o755)
        _tell_tensorflow(made, read_only=False)
        _compile()
        sums = "".join(f"{_digest(file)}  {file.name}\n" for file in sorted(made.iterdir()))
        (made / _SUMS).write_text(sums, "ascii")
        made.rename(folder)
    return folder


def _compile() -> None:
    from models.features import FeatureExtractor  # noqa: PLC0415 - only when TensorFlow was told where to write
    from models.scorer import Scorer  # noqa: PLC0415

    Scorer.load().warm_up()
    FeatureExtractor()


def _is_split(folder: Path) -> bool:
    """Tell a path that TensorFlow would take for several flags: it knows no quotes."""
    return len(str(folder).split()) > 1


def _tell_tensorflow(folder: Path, *, read_only: bool) -> None:
    given = os.environ.get("TF_XLA_FLAGS", "")
    os.environ["TF_XLA_FLAGS"] = f"{given} {_FLAG.format(folder, str(read_only).lower())}".strip()


def _folder() -> Path:
    """Return the place for this TensorFlow on this processor: XLA's own key does not tell processors apart."""
    beside = os.environ.get("NUMBA_CACHE_DIR") or Path(__file__).with_name("__pycache__")
    key = f"{_tensorflow()} {platform.machine()} {_processor()}"
    return Path(beside) / f"xla-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _tensorflow() -> str:
    for name in ("tensorflow-cpu", "tensorflow"):
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    return "none"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return "".join(sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))}))


def _is_whole(folder: Path) -> bool:
    try:
        sums = (folder / _SUMS).read_text("ascii").splitlines()
        return bool(sums) and all(_digest(folder / line[66:]) == line[:64] for line in sums)
    except OSError:
        return False


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    told = "not for a path with spaces: starts compile" if _is_split(_folder()) else f"into {compile_ahead()}"
    print(f"compiled ahead: {told}")  # noqa: T201 - what the command tells
