"""Documents that are generated from the code, and checked against it by a test: contracts, settings, metrics."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prometheus_client.metrics_core import Metric
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from api.description import with_routes
from api.metrics import Metrics as ApiMetrics
from ironcore.settings import NESTED, PREFIX, Settings
from schemas.assignment import Assignment
from schemas.dead_letter import DeadLetter, Reason
from schemas.event import SecurityEvent
from schemas.threat import Threat
from schemas.topics import DEAD_LETTERS, MODELS, RAW, THREATS, TOPICS, VERDICTS, Topic
from schemas.triage import Change
from streams.metrics import Metrics

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MESSAGES = {
    RAW.name: "event",
    THREATS.name: "threat",
    DEAD_LETTERS.name: "dead-letter",
    VERDICTS.name: "change",
    MODELS.name: "assignment",
}


def documents() -> dict[str, str]:
    """Return every generated document by its path from the root of the repository."""
    models: dict[str, type[BaseModel]] = {
        "event": SecurityEvent,
        "threat": Threat,
        "change": Change,
        "assignment": Assignment,
    }
    schemas = {name: _json_schema(model) for name, model in models.items()}
    return {
        **{f"schemas/generated/{name}.v1.json": _dump(schema) for name, schema in schemas.items()},
        "schemas/generated/asyncapi.json": _dump(_asyncapi(schemas)),
        "schemas/generated/openapi.json": _dump(with_routes().openapi()),
        "docs/settings.md": _settings(),
        "docs/metrics.md": _metrics(),
    }


def write(root: Path) -> list[Path]:
    """Write them below `root` and return their paths."""
    paths = []
    for name, text in documents().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        paths.append(path)
    return paths


def _dump(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _json_schema(model: type[BaseModel]) -> dict[str, Any]:
    return {"$schema": DIALECT, **model.model_json_schema(mode="validation")}


def _asyncapi(schemas: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the topics as an AsyncAPI 3.0 document."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "CyberShield IronCore", "version": "1", "description": "Raw events in, scored threats out."},
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {
            "sendEvent": _operation("send", RAW),
            "receiveThreat": _operation("receive", THREATS),
            "receiveDeadLetter": _operation("receive", DEAD_LETTERS),
            "receiveChange": _operation("receive", VERDICTS),
            "receiveAssignment": _operation("receive", MODELS),
        },
        "components": {
            "messages": {
                "event": {"payload": schemas["event"], "summary": "A security event, or a batch of them."},
                "threat": {"payload": schemas["threat"], "summary": "A scored threat."},
                "change": {"payload": schemas["change"], "summary": "What an analyst did with a threat."},
                "assignment": {"payload": schemas["assignment"], "summary": "Which model has a role."},
                "dead-letter": {
                    "payload": {"description": "The original bytes, unchanged."},
                    "headers": {
                        "type": "object",
                        "properties": {name: {"type": "string"} for name in _error_headers()},
                    },
                    "summary": "A record that was rejected.",
                },
            }
        },
    }


def _error_headers() -> list[str]:
    letter = DeadLetter(
        key=None, value=None, headers=(), topic="", partition=0, offset=0, reason=Reason.EMPTY, detail=""
    )
    return [name for name, _ in letter.to_headers()]


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": f"Key: {topic.key}. Value: {topic.value}. Read by {topic.read_by}.",
        "messages": {MESSAGES[topic.name]: {"$ref": f"#/components/messages/{MESSAGES[topic.name]}"}},
        "bindings": {"kafka": {"partitions": topic.partitions, "topicConfiguration": _topic_configuration(topic)}},
    }


def _topic_configuration(topic: Topic) -> dict[str, Any]:
    return {name: [value] if name == "cleanup.policy" else int(value) for name, value in topic.config.items()}


def _operation(action: str, topic: Topic) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{topic.name.replace('/', '~1')}"}}


def _settings() -> str:
    rows = [
        f"| `{name}` | `{variable}` | `{default}` | {text} |" for name, variable, default, text in _fields(Settings)
    ]
    return "\n".join([
        "# Settings",
        "",
        "Generated by `make generate`. Defaults, then `ironcore.toml` (or the file that `IRONCORE_CONFIG` names), then",
        "the environment. An unknown or invalid setting refuses to start and is named.",
        "",
        "| setting | variable | default | what it does |",
        "|---|---|---|---|",
        *rows,
        "",
    ])  # fmt: skip


def _fields(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[str, str, str, str]]:
    for name, field in model.model_fields.items():
        path = (*above, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _fields(field.annotation, path)
        else:
            yield ".".join(path), PREFIX + NESTED.join(path).upper(), _default(field), field.description or ""


def _default(field: FieldInfo) -> str:
    return "" if field.default is None else str(field.default)


def _metrics() -> str:
    rows = [
        f"| `{metric.name}{'_total' if metric.type == 'counter' else ''}` | {metric.type} | {metric.documentation} |"
        for metric in sorted(_families(), key=lambda metric: metric.name)
    ]
    return "\n".join([
        "# Metrics",
        "",
        "Generated by `make generate`. A worker serves its own at `/metrics` on `worker.metrics_port`; the API serves",
        "those with `api` in their names on `api.port`, summed over its processes. A worker's",
        "`/metrics?name[]=...` gives only what is named.",
        "",
        "| metric | type | what it counts |",
        "|---|---|---|",
        *rows,
        "",
    ])  # fmt: skip


def _families() -> list[Metric]:
    return [*Metrics().registry.collect(), *ApiMetrics().registry.collect()]
