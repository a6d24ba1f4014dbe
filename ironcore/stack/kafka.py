"""Apache Kafka 4 in KRaft mode: broker and controller in one process, durable in its folder."""

from __future__ import annotations

import subprocess
import uuid
from base64 import urlsafe_b64encode
from functools import partial
from pathlib import Path

from ironcore.stack import probes
from ironcore.stack.errors import StackError
from ironcore.stack.jars import kafka_jars
from ironcore.stack.java import find_java
from ironcore.stack.ports import LOOPBACK
from ironcore.stack.process import ChildProcess

#: For minutes on a few cores: compiling at full optimisation would take a whole core in the first of them.
JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
LOGGING = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true")
FORMAT_LIMIT_S = 60.0


def kafka(folder: Path, log: Path, port: int, controller_port: int) -> ChildProcess:
    """Describe a single-node Apache Kafka on loopback.

    Source: https://kafka.apache.org/documentation/#kraft.
    """
    folder.mkdir(parents=True, exist_ok=True)
    address = f"{LOOPBACK}:{port}"
    java, settings = str(find_java()), folder / "server.properties"
    base = [java, *JVM, *LOGGING, "-cp", f"{kafka_jars()}/*"]
    return ChildProcess(
        name="kafka",
        address=address,
        argv=[*base, "kafka.Kafka", str(settings)],
        log=log,
        probe=partial(probes.broker, address),
        ports=(port, controller_port),
        prepare=partial(_format, base, folder, settings, _settings(folder, address, f"{LOOPBACK}:{controller_port}")),
        start_limit_s=60.0,
        stop_limit_s=30.0,
    )


def _settings(folder: Path, address: str, controller: str) -> str:
    values = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.bootstrap.servers": controller,
        "listeners": f"BROKER://{address},CONTROLLER://{controller}",
        "advertised.listeners": f"BROKER://{address}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": folder / "data",
        # One node: the topics of Kafka itself cannot have three copies, and nobody else is waited for.
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 8,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.num.partitions": 8,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        # After a kill, the controller admits the broker again once its old session is over.
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
        "auto.create.topics.enable": "false",
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _format(base: list[str], folder: Path, settings: Path, text: str) -> None:
    settings.write_text(text)
    if (folder / "data" / "meta.properties").exists():
        return
    options = ["--standalone", "--cluster-id", _cluster_id(), "--config", str(settings), "--ignore-formatted"]
    done = subprocess.run(
        [*base, "kafka.tools.StorageTool", "format", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=FORMAT_LIMIT_S,
        check=False,
    )
    if done.returncode:
        raise StackError(f"kafka: formatting {folder} failed with status {done.returncode}:\n{done.stdout.strip()}")


def _cluster_id() -> str:
    """Return a random identifier in Kafka's notation, none that begins with "-": its tool would see an option."""
    while (made := urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return made
