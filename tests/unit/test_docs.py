"""The documents name only what is there: links, files, commands, settings, metrics, topics, alerts, tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from api.metrics import Metrics as ApiMetrics
from api.settings import ApiSettings
from ironcore.cli import VERBS
from ironcore.documents import documents
from ironcore.settings import FILE_VARIABLE
from loadtest.report import results, tables
from schemas.topics import TOPICS
from streams.metrics import Metrics
from streams.settings import WorkerSettings

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "loadtest/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
TEXT = "\n".join(path.read_text("utf-8") for path in DOCUMENTS)
FOLDERS = "schemas|models|streams|api|ironcore|deploy|docs|tests|loadtest"


def named(pattern: str) -> set[str]:
    """Return what the documents name by a pattern; a pattern that finds nothing checks nothing."""
    found = set(re.findall(pattern, TEXT))
    assert found, pattern
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text("utf-8")):
        assert target.startswith("https://") or (document.parent / target).exists(), target


def test_files_exist() -> None:
    for name in named(rf"`((?:{FOLDERS})/[\w./-]*)`"):
        assert (ROOT / name).exists(), name


def test_commands_exist() -> None:
    assert named(r"(?:`|bin/|\$ )ironcore ([a-z-]+)") <= set(VERBS)


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in named(r"(?:`|\$ )make ([a-z]+)"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_settings_exist() -> None:
    assert named(r"`worker\.([a-z_]+)`") <= set(WorkerSettings.model_fields)
    assert named(r"`api\.([a-z_]+)`") <= set(ApiSettings.model_fields)


def test_variables_exist() -> None:
    known = set(re.findall(r"`(IRONCORE_\w+)` \|", documents()["docs/settings.md"])) | {FILE_VARIABLE}
    assert named(r"\b(IRONCORE_[A-Z_]+[A-Z])") <= known


def test_metrics_exist() -> None:
    families = {metric.name for metrics in (Metrics(), ApiMetrics()) for metric in metrics.registry.collect()}
    assert {name.removesuffix("_total") for name in named(r"`(ironcore_[a-z_]+)`")} <= families


def test_topics_exist_with_their_partitions_and_retention() -> None:
    quoted = named(r"(?:[`\"]|-t |\[\()(ironcore\.[a-z.-]*[a-z])") - {"ironcore.toml"}
    assert quoted == {topic.name for topic in TOPICS}
    rows = dict(re.findall(r"^\| `(ironcore\.[a-z.-]+)` \| .+ \| (\d+ \| [\w ]+) \|$", TEXT, re.MULTILINE))
    assert rows == {topic.name: f"{topic.partitions} | {topic.kept}" for topic in TOPICS}


def test_every_alert_is_explained_and_no_other() -> None:
    [group] = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text("utf-8"))["groups"]
    explained = named(r"(?m)^\| `([A-Z][a-z]+(?:[A-Z][a-z]+)*)` \|")
    assert explained == {rule["alert"] for rule in group["rules"]}


def test_tests_exist() -> None:
    sources = {path.name: path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    for name in named(r"`(test_[a-z_]+(?:\.py)?)`"):
        assert name in sources or any(f"def {name}(" in source for source in sources.values()), name


def test_python_examples_compile() -> None:
    for example in named(r"(?s)```python\n(.*?)```"):
        compile(example, "README.md", "exec")


def test_performance_tables_are_those_of_the_latest_result(tmp_path: Path) -> None:
    result = results.read_latest(results.FOLDER)
    if not result:
        pytest.skip("no result is kept yet")
    copy = tmp_path / "performance.md"
    copy.write_text(tables.DOCUMENT.read_text("utf-8"), "utf-8")
    tables.rewrite(result, copy)
    assert copy.read_text("utf-8") == tables.DOCUMENT.read_text("utf-8")
