from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.evaluate.nsl_kdd import coding_of, fit, groups_of, read, score


def write_rows(path: Path, count: int = 400) -> Path:
    """Write rows of which attacks of eight names send more bytes than normal rows."""
    generator = np.random.default_rng(0)
    label = np.arange(count) % 2
    columns = {
        "src_bytes": np.where(label, 1000, 10) + generator.integers(0, 5, count),
        "serror_rate": label * 0.5,
        "num_outbound_cmds": np.zeros(count, np.int64),
        "protocol_type": generator.choice(["tcp", "udp"], count),
        "service": generator.choice(["http", "smtp"], count),
        "flag": np.full(count, "SF"),
        "detail": np.where(label, np.char.add("attack-", generator.integers(0, 8, count).astype(str)), "normal"),
        "label": label,
    }
    pq.write_table(pa.table(columns), path)
    return path


def test_code_is_fixed_by_the_training_file(tmp_path: Path) -> None:
    table = read(write_rows(tmp_path / "rows.parquet"))
    coding = coding_of(table)
    assert coding.top.keys() == {"src_bytes", "serror_rate"}  # a column of zeros says nothing
    code = coding.code(table)
    assert code.shape == (400, 2 * 5 + 2 + 2 + 1)
    few = coding.code(table._replace(columns={name: column[:7] for name, column in table.columns.items()}))
    np.testing.assert_array_equal(few, code[:7])
    np.testing.assert_allclose(code[1, 5:10], [1, 1, 1, 1, 1])  # the largest share
    np.testing.assert_allclose(code[0, 5:10], 0)


def test_attacks_are_held_out_by_name_and_normal_rows_by_group(tmp_path: Path) -> None:
    table = read(write_rows(tmp_path / "rows.parquet"))
    group = groups_of(table, seed=1)
    assert set(group[table.malicious]) == {f"attack-{number}" for number in range(8)}
    assert len(set(group[~table.malicious])) == 12
    np.testing.assert_array_equal(group, groups_of(table, seed=1))


def test_an_attack_of_another_name_is_found(tmp_path: Path) -> None:
    table = read(write_rows(tmp_path / "rows.parquet"))
    coding, teachers = fit(table, seed=1, steps=60)
    strangers = score(coding, teachers.without("attack-3"), table)
    rows = table.attack == "attack-3"
    assert strangers[rows].min() > strangers[~table.malicious].max()


def test_absent_column_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"label": [1], "service": ["http"], "flag": ["SF"]}), tmp_path / "rows.parquet")
    with pytest.raises(ValueError, match="no column detail, protocol_type"):
        read(tmp_path / "rows.parquet")
