"""The documents name only what is there: links, commands, settings, metrics, tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ironcore.cli import VERBS
from streams.metrics import Metrics
from streams.settings import WorkerSettings

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(path.read_text("utf-8") for path in DOCUMENTS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text("utf-8")):
        assert target.startswith("https://") or (document.parent / target).exists(), target


def test_commands_exist() -> None:
    named = set(re.findall(r"(?:`|bin/|\$ )ironcore ([a-z-]+)", TEXT))
    assert named
    assert named <= set(VERBS)


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"`make ([a-z]+)`|\$ make ([a-z]+)", TEXT)):
        assert re.search(rf"^{''.join(target)}:", makefile, re.MULTILINE), target


def test_settings_exist() -> None:
    named = set(re.findall(r"`worker\.([a-z_]+)`", TEXT))
    assert named
    assert named <= set(WorkerSettings.model_fields)


def test_metrics_exist() -> None:
    families = [metric.name for metric in Metrics().registry.collect()]
    for name in set(re.findall(r"`(ironcore_[a-z_]+)`", TEXT)):
        assert name.removesuffix("_total") in families, name


def test_tests_exist() -> None:
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for name in set(re.findall(r"`(test_[a-z_]+)`", TEXT)):
        assert f"def {name}(" in sources, name
