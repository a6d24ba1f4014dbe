"""An ensemble whose members each know half of the recordings: what only one of them says counts half.

Labels and habits of a single capture do not carry over to other networks, and neither does what a network learns from
them. Members are trained on complementary halves of the captures (bagging by group; Breiman, Machine Learning 24,
1996). So every capture has members that never saw it, and these may teach a network that is tested on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.runtime import tf
from models.weighting import Belongings, row_weights

MEMBERS = 24
HIDDEN_UNITS = (32, 16)
BATCH_ROWS = 512
LEARNING_RATE = 3e-3
#: Weight of the sum of squared weights.
L2 = 1e-3
#: Labels of public captures are not all right: the targets leave room for that.
LABEL_SMOOTHING = 0.04
#: Share of the recordings of one network that each member knows.
KNOWN_SHARE = 0.9
_DRAWS = 1000

Codes = NDArray[np.float32]
#: Changes a (n, width) batch of codes: what another sensor would not have reported is hidden, and the like.
Augment = Callable[[Codes, np.random.Generator], Codes]


@dataclass(frozen=True, slots=True)
class Lessons:
    """The n rows to learn from."""

    code: Codes  #: (n, width)
    malicious: NDArray[np.bool_]  #: (n,)
    group: NDArray[np.str_]  #: (n,) what must not be on both sides of a split: the capture
    network: NDArray[np.str_]  #: (n,) the network that was recorded, maybe in several captures
    belongings: Belongings


@dataclass(frozen=True, slots=True)
class Teachers:
    """The members' layers, stacked, and the groups that each was trained on."""

    layers: list[Codes]  #: by turns weights (members, inputs, units) and biases (members, 1, units)
    groups: list[frozenset[str]] = field(repr=False)

    def without(self, group: str) -> Teachers:
        """Return the members that never saw a group.

        Raises:
            ValueError: All of them have.
        """
        kept = [member for member, groups in enumerate(self.groups) if group not in groups]
        if not kept:
            raise ValueError(f"every teacher was trained on {group!r}")
        return Teachers([layer[kept] for layer in self.layers], [self.groups[member] for member in kept])

    def logit(self, code: tf.Tensor) -> tf.Tensor:
        """Return the (n,) mean logit of the members for (n, width) codes."""
        return tf.reduce_mean(_forward(self.layers, code[None]), axis=0)


def teach(  # noqa: PLR0913 - what is learnt, by whom, and for how long
    lessons: Lessons,
    augment: Augment,
    *,
    seed: int,
    steps: int,
    members: int = MEMBERS,
    known: Sequence[frozenset[str]] | None = None,
) -> Teachers:
    """Train the members side by side, each on rows of its own groups, drawn by weight.

    Args:
        lessons: The rows.
        augment: Changes each batch of codes.
        seed: Of the halves, the first weights and the order of rows.
        steps: Batches of each member.
        members: How many they are.
        known: The groups of each member; without it, halves of the networks.

    Raises:
        ValueError: The groups cannot be divided so that every member sees both labels.
    """
    generator = np.random.default_rng(seed)
    groups = _halves(lessons, members, generator) if known is None else list(known)
    rows = [np.flatnonzero(np.isin(lessons.group, list(known))) for known in groups]
    chances = [np.cumsum(row_weights(lessons.belongings.of(known))) for known in rows]
    layers = [tf.Variable(layer) for layer in _initial(len(groups), lessons.code.shape[1], generator)]
    step = _stepper(layers, steps)
    target = lessons.malicious * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / 2
    for _ in range(steps):
        chosen = np.stack([_drawn(known, chance, generator) for known, chance in zip(rows, chances, strict=True)])
        code = augment(lessons.code[chosen.ravel()], generator).reshape(*chosen.shape, -1)
        step(tf.constant(code), tf.constant(target[chosen], tf.float32))
    return Teachers([layer.numpy() for layer in layers], groups)


def _drawn(rows: NDArray[np.int64], chances: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.int64]:
    """Return a batch of rows by their cumulated chances."""
    return rows[np.minimum(np.searchsorted(chances, generator.random(BATCH_ROWS)), len(rows) - 1)]


def _halves(lessons: Lessons, members: int, generator: np.random.Generator) -> list[frozenset[str]]:
    """Return the groups of each member: two by two, complementary halves of the networks recorded once.

    Of a network that was recorded many times each member knows most recordings: they say much the same, and each may
    hold one label only.
    """
    once, often = _by_network(lessons)
    malicious = {str(name) for name in np.unique(lessons.group[lessons.malicious])}
    benign = {str(name) for name in np.unique(lessons.group[~lessons.malicious])}
    known = list[frozenset[str]]()
    for _ in range(_DRAWS):
        order = [str(name) for name in generator.permutation(once)]
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        pair = [frozenset(half + _most(often, generator)) for half in halves]
        if all(half & malicious and half & benign for half in pair):
            known += pair
        if len(known) >= members:
            return known[:members]
    raise ValueError(f"{len(once)} captures cannot be halved with benign and malicious rows in both halves")


def _by_network(lessons: Lessons) -> tuple[list[str], list[str]]:
    """Return the groups that are the only one of their network, and the others."""
    pairs = np.unique(np.stack([lessons.group, lessons.network], axis=1), axis=0).tolist()
    count = Counter(network for _, network in pairs)
    once = [group for group, network in pairs if count[network] == 1]
    return once, [group for group, network in pairs if count[network] > 1]


def _most(groups: list[str], generator: np.random.Generator) -> list[str]:
    left_out = max(1, round(len(groups) * (1 - KNOWN_SHARE)))
    return [str(group) for group in generator.permutation(groups)[left_out:]]


def _initial(members: int, width: int, generator: np.random.Generator) -> list[Codes]:
    """Return He-initialised layers (He et al., ICCV 2015)."""
    sizes, layers = (width, *HIDDEN_UNITS, 1), list[Codes]()
    for before, after in pairwise(sizes):
        scale = np.sqrt(2 / before)
        layers.append(generator.normal(0, scale, (members, before, after)).astype(np.float32))
        layers.append(np.zeros((members, 1, after), np.float32))
    return layers


def _forward(layers: list[tf.Tensor], code: tf.Tensor) -> tf.Tensor:
    """Return the (members, n) logits of (1 or members, n, width) codes."""
    hidden = code
    for weight, bias in zip(layers[:-2:2], layers[1:-2:2], strict=True):
        hidden = tf.nn.relu(tf.matmul(hidden, weight) + bias)
    return (tf.matmul(hidden, layers[-2]) + layers[-1])[:, :, 0]


def _stepper(layers: list[tf.Variable], steps: int) -> Callable[..., None]:
    """Return a traced function that lets every member learn from its own batch."""
    optimizer = tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps))
    optimizer.build(layers)

    def step(code: tf.Tensor, target: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            wrong = tf.nn.sigmoid_cross_entropy_with_logits(target, _forward(layers, code))
            squares = tf.add_n([tf.reduce_sum(weight**2) for weight in layers[::2]])
            loss = tf.reduce_sum(tf.reduce_mean(wrong, axis=1)) + L2 * squares
        optimizer.apply_gradients(zip(tape.gradient(loss, layers), layers, strict=True))

    return tf.function(step, autograph=False)  # type: ignore[no-any-return]
