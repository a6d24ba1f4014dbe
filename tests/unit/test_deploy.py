"""The deployment files hold together: with their specifications, with each other, and with the command they run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer.main
import yaml
from prometheus_client import Histogram

from api.metrics import Metrics as ApiMetrics
from ironcore import settings
from ironcore.cli import main
from ironcore.stack.jars import POM
from streams.metrics import Metrics

TOP = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((TOP / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
VARIABLE = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?\}")
PROMETHEUS = TOP / "deploy" / "prometheus"
RULES = [
    rule for group in yaml.safe_load((PROMETHEUS / "rules.yml").read_text("utf-8"))["groups"] for rule in group["rules"]
]
BOARD: dict[str, Any] = json.loads((TOP / "deploy/grafana/dashboards/ironcore.json").read_text("utf-8"))
EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in BOARD["panels"] for target in panel["targets"]
]
DOCKERFILE = (TOP / "deploy" / "Dockerfile").read_text("utf-8").splitlines()
services = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
ours = pytest.mark.parametrize("service", OURS.values(), ids=OURS)


def filled(text: str) -> str:
    """Put values in the place of ${NAME:-default} and ${NAME:?message}, as Compose does."""
    return VARIABLE.sub(lambda match: match[3] if match[2] == "-" else "secret" * 6, text)


def test_the_compose_file_follows_its_specification() -> None:
    schema = json.loads((TOP / "tests/golden/compose-spec.json").read_text("utf-8"))
    jsonschema.validate(COMPOSE, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"services": {"worker": {"image": "x", "restarts": "always"}}}, schema)


@services
def test_every_image_is_pinned(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+(\.\d+)?", service["image"])


@services
def test_every_service_is_watched_bounded_and_restarted(service: dict[str, Any]) -> None:
    assert service["restart"].startswith(("unless-stopped", "on-failure"))
    assert "healthcheck" in service or service["command"] == ["worker"]  # whose image has one
    assert service["mem_limit"]
    assert service["logging"]["options"]["max-size"]


@services
def test_ports_open_on_loopback_only_and_names_allow_scaling(service: dict[str, Any]) -> None:
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert "container_name" not in service


@services
def test_dependencies_can_be_met(service: dict[str, Any]) -> None:
    for name, wanted in service.get("depends_on", {}).items():
        ends = SERVICES[name]["restart"].startswith("on-failure")
        assert wanted["condition"] == ("service_completed_successfully" if ends else "service_healthy")


@services
def test_what_is_mounted_is_there(service: dict[str, Any]) -> None:
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert (TOP / source).is_dir() if source.startswith(".") else source in COMPOSE["volumes"]


@ours
def test_what_we_run_in_a_container_is_a_command_of_ours(service: dict[str, Any]) -> None:
    verb, *options = service["command"]
    group: Any = typer.main.get_command(main)
    command = group.get_command(group.make_context("ironcore", ["--help"], resilient_parsing=True), verb)
    assert command is not None
    assert set(options) <= {name for parameter in command.params for name in parameter.opts}


@ours
def test_the_settings_in_a_container_are_settings_of_ours(service: dict[str, Any]) -> None:
    given = {name: filled(value) for name, value in service["environment"].items()}
    assert settings.load(given).broker == "kafka:9092"
    with pytest.raises(settings.SettingsError, match="IRONCORE_BROKERS"):
        settings.load({**given, "IRONCORE_BROKERS": "kafka:9092"})


@ours
def test_our_containers_have_no_privileges(service: dict[str, Any]) -> None:
    assert service["read_only"]
    assert service["init"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_secrets_come_from_the_environment_and_are_required() -> None:
    text = (TOP / "docker-compose.yml").read_text("utf-8")
    example = dict(re.findall(r"^(\w+)=(.*)$", (TOP / "deploy/example.env").read_text("utf-8"), re.MULTILINE))
    for name, kind, default in VARIABLE.findall(text):
        assert kind == ("?" if name.endswith("PASSWORD") else "-"), name
        assert example[name] == ("" if kind == "?" else default)
    assert set(example) == {name for name, _, _ in VARIABLE.findall(text)}


def test_kafka_is_the_one_that_up_runs_natively() -> None:
    native = re.search(r"kafka_2\.13</artifactId>\s*<version>([^<]+)<", POM.read_text("utf-8"))
    assert native is not None
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{native[1]}"


def test_the_image_is_locked_pinned_checked_and_not_root() -> None:
    stages = [line for line in DOCKERFILE if line.startswith("FROM ")]
    assert all(re.match(r"FROM python:3\.11-slim-bookworm\b", line) for line in stages)
    assert all("--require-hashes" in line for line in DOCKERFILE if "pip install" in line and " -r " in line)
    user = [line.split()[1] for line in DOCKERFILE if line.startswith("USER ")][-1]
    assert int(user) > 0
    assert any(line.startswith("HEALTHCHECK ") for line in DOCKERFILE)
    assert 'ENTRYPOINT ["ironcore"]' in DOCKERFILE
    assert not [line for line in DOCKERFILE if re.search(r"password|secret|token", line, re.IGNORECASE)]


def test_the_build_gets_what_it_copies() -> None:
    allowed = [line[1:] for line in (TOP / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]
    copies = [line.split()[1:-1] for line in DOCKERFILE if line.startswith("COPY ") and "--from" not in line]
    for source in (name for names in copies for name in names):
        assert any(fnmatch(source, pattern) for pattern in allowed), source
    assert all((TOP / name).exists() for name in allowed if name != "README.md")


def test_the_image_has_the_versions_that_are_tested() -> None:
    def versions(path: str) -> dict[str, str]:
        return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (TOP / path).read_text("utf-8"), re.MULTILINE))

    shipped, tested = versions("deploy/requirements.lock"), versions("requirements.lock")
    assert {"aiokafka", "tensorflow-cpu", "asyncpg"} <= shipped.keys()
    assert "pytest" not in shipped
    assert {name: tested[name] for name in shipped} == shipped


def test_prometheus_asks_the_workers_where_they_answer() -> None:
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    (discovery,) = next(job for job in config["scrape_configs"] if job["job_name"] == "worker")["dns_sd_configs"]
    environment = SERVICES["worker"]["environment"]
    assert discovery["names"] == ["worker"]
    assert str(discovery["port"]) == environment["IRONCORE_WORKER__METRICS_PORT"]
    assert environment["IRONCORE_WORKER__METRICS_HOST"] == "0.0.0.0"
    assert all((PROMETHEUS / name).is_file() for name in config["rule_files"])


def test_prometheus_asks_the_api_where_it_answers() -> None:
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    [scraped] = next(job for job in config["scrape_configs"] if job["job_name"] == "api")["static_configs"]
    environment = SERVICES["api"]["environment"]
    assert scraped["targets"] == [f"api:{environment['IRONCORE_API__PORT']}"]
    workers = SERVICES["worker"]["environment"]["IRONCORE_WORKER__METRICS_PORT"]
    assert environment["IRONCORE_API__WORKER_METRICS"] == f"worker:{workers}"


def exported() -> tuple[set[str], set[str]]:
    """Return the names of all series and labels that workers and API export."""
    names: set[str] = set()
    labels = {"le", "instance", "job"}
    for collector in (*vars(Metrics()).values(), *vars(ApiMetrics()).values()):
        labels.update(getattr(collector, "_labelnames", ()))
    for family in (*Metrics().registry.collect(), *ApiMetrics().registry.collect()):
        histogram = family.type == Histogram._type
        suffixes = ("_bucket", "_sum", "_count") if histogram else ("_total",) if family.type == "counter" else ("",)
        names.update(family.name + suffix for suffix in suffixes)
    return names, labels


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_rules_and_board_ask_for_what_is_exported(expression: str) -> None:
    names, labels = exported()
    asked = set(re.findall(r"\bironcore_\w+", expression))
    assert asked or re.search(r'up\{job="(worker|api)"\}', expression)
    assert asked <= names
    grouped = {label.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(",")}
    selected = set(re.findall(r"[{,](\w+)=", expression))
    assert grouped | selected <= labels


def test_every_metric_is_on_the_board_or_in_a_rule() -> None:
    text = " ".join(EXPRESSIONS)
    families = {family.name for metrics in (Metrics(), ApiMetrics()) for family in metrics.registry.collect()}
    assert [name for name in families if name not in text] == []


def test_every_alert_says_what_and_what_to_do() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names)
    for rule in RULES:
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"].keys() == {"summary", "action"}
        assert rule["for"]


def test_the_board_uses_the_datasource_that_is_provisioned() -> None:
    provisioning = TOP / "deploy/grafana/provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text("utf-8"))["datasources"]
    assert source["url"] == "http://prometheus:9090"
    assert {panel["datasource"]["uid"] for panel in BOARD["panels"]} == {source["uid"]}
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    (provider,) = yaml.safe_load((provisioning / "dashboards/ironcore.yml").read_text("utf-8"))["providers"]
    mounted = [volume.split(":")[1] for volume in SERVICES["grafana"]["volumes"]]
    assert provider["options"]["path"] in mounted


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian: prometheus) is not on PATH")
def test_promtool_accepts_the_configuration() -> None:
    done = subprocess.run(
        ["promtool", "check", "config", PROMETHEUS / "prometheus.yml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
