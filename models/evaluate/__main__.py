"""`python -m models.evaluate --data FOLDER`: write `evaluation.json` and `evaluation.html`.

Each seed's run is kept in the folder `runs` beside them; `--kept` makes the report of those that are there.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path
from typing import Any

from models.evaluate import data as labelled
from models.evaluate import runs
from models.evaluate.html import page
from models.evaluate.report import SEEDS, measure
from models.runtime import use_threads
from models.training import EPOCHS

log = logging.getLogger(__name__)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m models.evaluate", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled files")
    parser.add_argument("--out", type=Path, default=Path("reports"), help="folder to write to")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--kept", action="store_true", help="train only the seeds whose run is not kept")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    use_threads(1)
    data = labelled.read(asked.data)
    found = {}
    for seed in asked.seeds:
        path = asked.out / "runs" / f"seed-{seed}.npz"
        if not (asked.kept and path.exists()):
            runs.save(path, runs.run(data, seed=seed, epochs=asked.epochs, done=log.info), data, epochs=asked.epochs)
        found[seed] = runs.load(path, data, epochs=asked.epochs)
    report = measure(data, found, epochs=asked.epochs)
    text = json.dumps(plain(report), indent=1, allow_nan=False) + "\n"
    (asked.out / "evaluation.json").write_text(text, encoding="utf-8")
    (asked.out / "evaluation.html").write_text(page(report), encoding="utf-8")


def plain(value: Any) -> Any:
    """Return named tuples as objects and NaN, which JSON has not, as null."""
    if hasattr(value, "_asdict"):
        return {name: plain(part) for name, part in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124 - NaN's mark


if __name__ == "__main__":
    main()
