"""Generated documents are those that the code generates today, and valid by their own standards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ironcore.documents import documents
from schemas.topics import TOPICS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(documents()))
def test_committed_document_is_current(name: str) -> None:
    assert (ROOT / name).read_text("utf-8") == documents()[name], "run `make generate`"


@pytest.mark.parametrize("name", ["event", "threat"])
def test_json_schemas_are_valid(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(documents()[f"schemas/generated/{name}.v1.json"]))


def test_event_schema_judges_events() -> None:
    schema = json.loads(documents()["schemas/generated/event.v1.json"])
    jsonschema.validate({"kind": "flow", "event_time": 1.5, "flow": {"orig_bytes": 1}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"kind": "flow", "event_time": 1.5, "flow": {"orig_bytes": -1}}, schema)


def test_asyncapi_covers_the_topics_and_its_references_resolve() -> None:
    document = json.loads(documents()["schemas/generated/asyncapi.json"])
    assert set(document["channels"]) == {topic.name for topic in TOPICS}
    for reference in _references({key: document[key] for key in ("channels", "operations")}):
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for child in node.values() for found in _references(child)]
    return [found for child in node for found in _references(child)] if isinstance(node, list) else []
