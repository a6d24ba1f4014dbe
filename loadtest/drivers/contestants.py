"""Who is measured: IronCore's own worker and the peers, each a process with the same settings and the same count."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from ironcore.settings import Settings
from ironcore.stack import ChildProcess, Endpoints
from ironcore.workers import check_answers, worker_process


class Contestant(NamedTuple):
    """A program that does the whole job. `module` is what Python runs; None is `ironcore worker`."""

    name: str
    shown: str
    module: str | None = None


IRONCORE = Contestant("ironcore", "IronCore")
PLAIN_FAUST = Contestant("plain_faust", "plain Faust agent", "loadtest.peers.plain_faust")
QUIX = Contestant("quix", "Quix Streams", "loadtest.peers.quix")
FASTSTREAM = Contestant("faststream", "FastStream (batch)", "loadtest.peers.faststream_batch")
ALL: Sequence[Contestant] = (IRONCORE, QUIX, FASTSTREAM, PLAIN_FAUST)


def process_of(contestant: Contestant, endpoints: Endpoints, folder: Path, *, group: str = "") -> ChildProcess:
    """Describe its process; started, it counts as up when its metrics answer, before it has read anything.

    `group` is the consumer group, a new one when left out.
    """
    label = f"{contestant.name}-{uuid4().hex[:8]}"
    made = worker_process(endpoints, Settings(), folder / f"{label}.log", name=label, group=group or f"bench-{label}")
    argv = made.argv if contestant.module is None else [sys.executable, "-m", contestant.module]
    return replace(made, argv=argv, probe=partial(check_answers, f"http://{made.address}/metrics"))
