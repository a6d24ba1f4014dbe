"""Fetches Apache Kafka's jars once, through Maven, into the user's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ironcore.stack.errors import StackError

POM = Path(__file__).with_name("pom.xml")
FETCH_LIMIT_S = 600.0


def cache_folder() -> Path:
    """Return $XDG_CACHE_HOME/ironcore, else ~/.cache/ironcore."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ironcore"


def kafka_jars() -> Path:
    """Return the folder with the jars that `pom.xml` names, fetching them the first time.

    Raises StackError when Maven is missing or fails.
    """
    version = hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    folder = cache_folder() / f"kafka-{version}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetch-") as scratch:
        fetched = Path(scratch) / "jars"
        _fetch(Path(scratch), fetched)
        try:
            fetched.rename(folder)
        except OSError:
            if not folder.is_dir():  # else somebody was faster, with the same jars
                raise
    return folder


def _fetch(scratch: Path, jars: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise StackError(
            "kafka: Maven (mvn) is needed once, to fetch Apache Kafka, and is not on PATH; "
            "install it (Debian: apt-get install maven), or use the default broker, tansu"
        )
    pom = shutil.copy(POM, scratch)  # Maven writes beside its pom
    options = [f"-DoutputDirectory={jars}", "-DincludeScope=runtime", "--strict-checksums"]
    try:
        done = subprocess.run(
            [maven, "--batch-mode", "--quiet", f"--file={pom}", "dependency:copy-dependencies", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=FETCH_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise StackError(f"kafka: Maven did not fetch the jars within {FETCH_LIMIT_S:g} s") from error
    if done.returncode or not list(jars.glob("kafka_*.jar")):
        raise StackError(f"kafka: Maven could not fetch the jars:\n{done.stdout.strip()[-2000:]}")
