"""`ironcore-edge`, also `python -m ironcore.edge` and `ironcore edge run`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from ironcore.edge.light import bar_heavy, without_docstrings

MAX_DRAIN_S = 86_400.0
DESCRIPTION = """Score a sensor's log where it is written, and send threats and their evidence to Kafka.

The log is JSON lines of Zeek, Suricata, OCSF, ECS or native events, or Zeek TSV. The last line of output counts lines
read, events scored, threats, and the peak of resident memory, in JSON. The status is 0 when all threats were sent."""


def main() -> None:
    """Run until the log ends, or SIGTERM."""
    without_docstrings()
    arguments = _arguments()
    bar_heavy()
    from ironcore.edge.position import PositionError  # noqa: PLC0415 - only after what is heavy is barred
    from ironcore.edge.run import Options, run  # noqa: PLC0415
    from models.artefact import ArtefactError  # noqa: PLC0415
    from streams import logs  # noqa: PLC0415

    logs.configure("info")
    options = Options(
        log=None if arguments.log == "-" else Path(arguments.log),
        model=arguments.model,
        broker=arguments.broker,
        follow=arguments.follow,
        position=arguments.position,
        held_threats=arguments.held,
        window_entities=arguments.entities,
        drain_s=arguments.drain,
    )
    try:
        counts = asyncio.run(run(options))
    except (OSError, ArtefactError, PositionError) as error:
        sys.exit(f"ironcore-edge: {error}")
    print(json.dumps(asdict(counts)))  # noqa: T201 - what the command tells
    sys.exit(1 if counts.threats_held else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "ironcore-edge", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("log", help="the log; - is standard input")
    parser.add_argument("--model", type=Path, required=True, help="folder that `ironcore edge export` wrote")
    parser.add_argument(
        "--broker",
        default=os.environ.get("IRONCORE_BROKER", "127.0.0.1:9092"),
        help="Kafka, HOST:PORT[,...]; default: IRONCORE_BROKER, else %(default)s",
    )
    parser.add_argument("-F", "--follow", action="store_true", help="go on when the log grows or is rotated")
    parser.add_argument("--position", type=Path, help="file that keeps the place in the log; begin there again")
    parser.add_argument("--held", type=_count, default=500, help="threats held without Kafka; default: %(default)s")
    parser.add_argument("--entities", type=_count, default=4096, help="entities with windows; default: %(default)s")
    parser.add_argument(
        "--drain",
        type=_seconds,
        default=30.0,
        help="longest wait for a Kafka that takes nothing when the log does not grow, seconds",
    )
    arguments = parser.parse_args()
    if arguments.log == "-" and (arguments.position or arguments.follow):
        parser.error("standard input has no position to return to, and is followed anyway")
    return arguments


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _seconds(text: str) -> float:
    if not 0 <= (number := float(text)) <= MAX_DRAIN_S:
        raise argparse.ArgumentTypeError(f"must be from 0 to {MAX_DRAIN_S:g}")
    return number


if __name__ == "__main__":
    main()
