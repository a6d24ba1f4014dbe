"""Settings: defaults, file, environment; what is unknown or invalid is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ironcore.settings import SettingsError, load


def test_defaults_hold_without_file_and_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load({})
    assert settings.broker == "127.0.0.1:9092"
    assert settings.worker.batch_events == 16_384


def test_environment_wins_over_file(tmp_path: Path) -> None:
    file = tmp_path / "ironcore.toml"
    file.write_text('broker = "file:1"\n[worker]\nbatch_events = 7\nbatches_in_flight = 3\n')
    settings = load({"IRONCORE_CONFIG": str(file), "IRONCORE_WORKER__BATCH_EVENTS": "9"})
    assert (settings.broker, settings.worker.batch_events, settings.worker.batches_in_flight) == ("file:1", 9, 3)


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"IRONCORE_BROKR": "x:1"}, r"brokr \(from IRONCORE_BROKR\): unknown setting"),
        ({"IRONCORE_WORKER__NOPE": "1"}, r"worker\.nope \(from IRONCORE_WORKER__NOPE\): unknown setting"),
        ({"IRONCORE_WORKER__BATCH_EVENTS": "many"}, r"worker\.batch_events \(from IRONCORE_WORKER__BATCH_EVENTS\)"),
        ({"IRONCORE_WORKER__BATCH_EVENTS": "0"}, r"greater than or equal to 1"),
        ({"IRONCORE_WORKER__HEARTBEAT_S": "5"}, r"heartbeat_s must be at most a third of session_timeout_s"),
        ({"IRONCORE_BROKER": "no-port"}, r"broker \(from IRONCORE_BROKER\)"),
        ({"IRONCORE_CONFIG": "missing.toml"}, r"IRONCORE_CONFIG names missing\.toml"),
    ],
)
def test_unknown_or_invalid_is_refused_by_name(variables: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load(variables)


def test_unknown_in_the_file_is_refused_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("[worker]\nbatch_size = 1\n")
    with pytest.raises(SettingsError, match=r"worker\.batch_size \(from .*x\.toml\): unknown setting"):
        load({"IRONCORE_CONFIG": str(file)})


def test_broken_file_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("broker = \n")
    with pytest.raises(SettingsError, match=r"x\.toml: .*line 1"):
        load({"IRONCORE_CONFIG": str(file)})
