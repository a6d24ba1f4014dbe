from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.augmentation import HIDDEN_GROUPS, cross, hide
from models.encoding import EDGES, FEATURE_OF_COLUMN, MARKS, NUMERIC, WIDTH, encode, encoded
from models.features import FEATURES
from models.runtime import tf
from models.teachers import Lessons, teach
from models.weighting import Belongings, numbered
from tests.unit.model_events import COLUMN, extract, flow, refused


def lessons(count: int = 400) -> Lessons:
    """Return rows whose first column tells attacks, in eight groups; in group 'odd' the second column does as well."""
    generator = np.random.default_rng(0)
    code = generator.random((count, 4)).astype(np.float32)
    group = generator.choice([*map(str, range(7)), "odd"], count)
    malicious = code[:, 0] > 0.5
    malicious |= (group == "odd") & (code[:, 1] > 0.5)
    rows = np.arange(count)
    return Lessons(code, malicious, group, group, Belongings(rows, numbered(group), numbered(malicious)))


def test_members_know_complementary_halves_and_every_group_has_some_that_never_saw_it() -> None:
    teachers = teach(lessons(), lambda code, _: code, seed=1, steps=1, members=6)
    assert [len(groups) for groups in teachers.groups] == [4] * 6
    for first, second in zip(teachers.groups[::2], teachers.groups[1::2], strict=True):
        assert not first & second
    strangers = teachers.without("odd")
    assert len(strangers.groups) == strangers.layers[0].shape[0] == 3
    assert all("odd" not in groups for groups in strangers.groups)


def test_recordings_of_one_network_are_known_to_most_members() -> None:
    learnt = lessons()
    network = np.where(np.isin(learnt.group, ["0", "1", "2", "3"]), "one", learnt.group)
    members = teach(replace(learnt, network=network), lambda code, _: code, seed=1, steps=1, members=8).groups
    for groups in members:
        assert len(groups & {"0", "1", "2", "3"}) == 3
        assert len(groups & {"4", "5", "6", "odd"}) == 2


def test_a_group_that_all_teachers_saw_has_no_stranger() -> None:
    teachers = teach(lessons(), lambda code, _: code, seed=1, steps=1, members=2)
    with pytest.raises(ValueError, match="every teacher was trained on"):
        teachers.without("odd").without(next(iter(teachers.without("odd").groups[0])))


def test_what_one_recording_alone_says_does_not_reach_those_who_never_saw_it() -> None:
    learnt = lessons()
    teachers = teach(learnt, lambda code, _: code, seed=1, steps=300, members=4)
    ordinary = tf.constant([[0.2, 0.9, 0.5, 0.5], [0.9, 0.2, 0.5, 0.5]], tf.float32)
    quiet, attack = teachers.without("odd").logit(ordinary).numpy()
    assert quiet < 0 < attack
    assert teachers.logit(ordinary).numpy()[0] > quiet


def test_same_seed_gives_the_same_teachers_and_another_does_not() -> None:
    first, again, other = (
        teach(lessons(), lambda code, _: code, seed=seed, steps=2, members=2).layers[0] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_code_has_a_bin_for_every_step_and_a_flag_for_what_is_missing() -> None:
    features = extract([flow(), refused(1)])
    code = encoded(features)
    assert code.shape == (2, WIDTH)
    assert code.min() >= 0
    assert code.max() <= 1
    np.testing.assert_array_equal(code, encode(tf.constant(features), EDGES).numpy())
    duration = code[:, np.flatnonzero(COLUMN["duration_s"] == FEATURE_OF_COLUMN)[:5]]
    # 0.8 s lies past the first two edges' bins (a microsecond to 50 ms), 0.1 ms in the first one.
    np.testing.assert_allclose(duration[0], [1, 1, 0.925, 0, 0], atol=0.01)
    np.testing.assert_allclose(duration[1], [2 / 3, 0, 0, 0, 0], atol=0.01)


def test_missing_value_is_zero_in_its_bins_and_one_in_its_flag() -> None:
    features = extract([flow()])
    features[0, COLUMN["orig_bytes"]] = np.nan
    columns = np.flatnonzero(COLUMN["orig_bytes"] == FEATURE_OF_COLUMN)
    np.testing.assert_array_equal(encoded(features)[0, columns], [0, 0, 0, 0, 0, 1])


def test_edges_grow_and_every_number_has_its_own() -> None:
    assert EDGES.shape[0] == len(NUMERIC)
    assert (np.diff(EDGES, axis=1) > 0).all()


def test_hiding_a_group_is_what_a_sensor_without_it_reports() -> None:
    features = extract([flow()])
    hidden = hide(np.repeat(encoded(features), 2000, axis=0), np.random.default_rng(0))
    for group in HIDDEN_GROUPS:
        without = features.copy()
        without[:, [COLUMN[name] for name in group]] = np.nan
        (expected,) = encoded(without)
        assert (hidden == expected).all(axis=1).any(), group
    untouched = (hidden == encoded(features)).all(axis=1).mean()
    assert untouched == pytest.approx(0.9 ** len(HIDDEN_GROUPS), abs=0.05)


def test_crossed_rows_take_whole_features_from_another_row() -> None:
    code = encoded(extract([flow(), refused(1)]))
    crossed = cross(np.repeat(code, 100, axis=0), np.random.default_rng(0))
    for column in range(len(FEATURES)):
        part = np.flatnonzero(column == FEATURE_OF_COLUMN)
        assert ((crossed[:, part] == code[0, part]).all(axis=1) | (crossed[:, part] == code[1, part]).all(axis=1)).all()
    assert not (crossed[:100] == code[0]).all()
    assert len(MARKS) == 12
