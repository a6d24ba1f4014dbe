"""Prometheus beside the local stack, with the alert rules that are deployed; the program is the machine's own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from ironcore.stack import ChildProcess, StackError
from ironcore.stack.ports import LOOPBACK
from ironcore.workers import check_answers

RULES = Path(__file__).parents[1] / "deploy" / "prometheus" / "rules.yml"
SCRAPE_EVERY = "5s"


def prometheus(
    folder: Path, log: Path, port: int, workers: Sequence[ChildProcess], apis: Sequence[ChildProcess] = ()
) -> ChildProcess:
    """Describe a Prometheus on loopback that scrapes workers and API. Raises StackError without the program.

    Source: https://prometheus.io/docs/prometheus/latest/configuration/configuration/ (its YAML takes JSON).
    """
    program = shutil.which("prometheus")
    if program is None:
        raise StackError("prometheus is not on the PATH: install it (Debian: apt-get install prometheus)")
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "prometheus.yml"
    config.write_text(json.dumps(_config({"worker": workers, "api": apis})), "utf-8")
    address = f"{LOOPBACK}:{port}"
    return ChildProcess(
        name="prometheus",
        address=address,
        argv=[
            program,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={address}",
        ],
        log=log,
        probe=partial(check_answers, f"http://{address}/-/ready"),
        ports=(port,),
    )


def _config(jobs: Mapping[str, Sequence[ChildProcess]]) -> dict[str, object]:
    return {
        "global": {"scrape_interval": SCRAPE_EVERY, "evaluation_interval": SCRAPE_EVERY},
        "rule_files": [str(RULES)] if RULES.is_file() else [],
        "scrape_configs": [
            {"job_name": name, "static_configs": [{"targets": [process.address for process in processes]}]}
            for name, processes in jobs.items()
        ],
    }
