"""Training of the network: teachers first, then one small network that learns from them; the three heads together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.augmentation import cross, hide
from models.dataset import Dataset
from models.encoding import EDGES, encoded
from models.network import ANOMALY_KNOTS, SHAPES, Network
from models.runtime import tf
from models.teachers import Lessons, Teachers, teach
from models.weighting import belongings_of, row_weights
from schemas.threat import CLASSES

#: Epochs that the shipped model was trained for.
EPOCHS = 15
BATCH_ROWS = 512
#: Batches of an epoch, of each teacher and of the network.
TEACHER_BATCHES, STUDENT_BATCHES = 40, 40
LEARNING_RATE = 3e-3
#: Beyond this the teachers' certainty tells nothing more.
MAX_TEACHER_LOGIT = 6.0
LABEL_SMOOTHING = 0.04
#: The class head matters less than the risk head: kinds of attack do not carry over between laboratories.
CLASS_LOSS_WEIGHT = 0.3

Weights = dict[str, NDArray[np.float32]]
Progress = Callable[[int, float], None]


def train(data: Dataset, *, seed: int, epochs: int, progress: Progress = lambda _epoch, _loss: None) -> Network:
    """Return a network trained on all rows of `data`; `progress` is called after each epoch with its mean loss.

    The same data, seed, library versions and kind of processor give the same weights, bit for bit.

    Raises:
        ValueError: One of the two labels is absent, or in too few captures.
    """
    lessons = lessons_of(data)
    return distil(
        data, lessons, teachers_of(lessons, seed=seed, epochs=epochs), seed=seed, epochs=epochs, progress=progress
    )


def lessons_of(data: Dataset) -> Lessons:
    """Return labelled rows as the teachers take them.

    Raises:
        ValueError: One of the two labels is absent.
    """
    if data.malicious.all() or not data.malicious.any():
        raise ValueError("training needs benign and malicious rows")
    return Lessons(encoded(data.features), data.malicious, data.capture, data.network, belongings_of(data))


def teachers_of(lessons: Lessons, *, seed: int, epochs: int) -> Teachers:
    """Train the teachers.

    Raises:
        ValueError: The captures cannot be divided so that every teacher sees both labels.
    """
    _begin(seed)
    return teach(lessons, hide, seed=seed, steps=epochs * TEACHER_BATCHES)


def distil(  # noqa: PLR0913 - what is learnt, from whom, and how
    data: Dataset,
    lessons: Lessons,
    teachers: Teachers,
    *,
    seed: int,
    epochs: int,
    progress: Progress = lambda _epoch, _loss: None,
) -> Network:
    """Return one network that scores as its teachers do together (Hinton et al., 2015) and has the other two heads.

    Half of each batch is crossed, for the risk alone: classes and reconstruction are learnt from rows that exist.
    """
    _begin(seed)
    generator = np.random.default_rng(seed)
    network = Network(_initial(generator))
    step = _stepper(network, teachers, epochs * STUDENT_BATCHES)
    chances = row_weights(lessons.belongings)
    for epoch in range(epochs):
        order = generator.choice(len(data), (STUDENT_BATCHES, BATCH_ROWS), p=chances)
        losses = [
            float(step(*_batch(lessons.code[chosen], generator), tf.constant(data.classes[chosen]))) for chosen in order
        ]
        progress(epoch, float(np.mean(losses)))
    return network


def _begin(seed: int) -> None:
    tf.keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def _initial(generator: np.random.Generator) -> Weights:
    """Return He-initialised weights (He et al., ICCV 2015) and the edges of the code."""
    weights = {
        name: generator.normal(0, np.sqrt(2 / shape[0]), shape).astype(np.float32)
        if len(shape) == 2
        else np.zeros(shape, np.float32)
        for name, shape in SHAPES.items()
    }
    weights["edges"] = EDGES
    weights["anomaly_knots"] = np.linspace(0, 1, ANOMALY_KNOTS, dtype=np.float32)
    return weights


def _batch(code: NDArray[np.float32], generator: np.random.Generator) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the codes with values hidden, and the same crossed."""
    real = hide(code, generator)
    return tf.constant(real), tf.constant(cross(real, generator))


def _stepper(network: Network, teachers: Teachers, steps: int) -> Callable[..., tf.Tensor]:
    """Return a traced function that learns from one batch and returns its loss."""
    decay = tf.keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    optimizer = tf.keras.optimizers.Adam(decay)
    variables = network.trainable_variables
    optimizer.build(variables)

    def step(real: tf.Tensor, crossed: tf.Tensor, threat_class: tf.Tensor) -> tf.Tensor:
        taught = teachers.logit(tf.concat([real, crossed], axis=0))
        taught = tf.clip_by_value(taught, -MAX_TEACHER_LOGIT, MAX_TEACHER_LOGIT)
        with tf.GradientTape() as tape:
            loss = _loss(network, real, crossed, taught, threat_class)
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    return tf.function(step, autograph=False)  # type: ignore[no-any-return]


def _loss(
    network: Network, real: tf.Tensor, crossed: tf.Tensor, taught: tf.Tensor, threat_class: tf.Tensor
) -> tf.Tensor:
    """Return risk, class and reconstruction losses together; the autoencoder learns from benign rows only."""
    class_logits, evidence = network.evidence(tf.concat([real, crossed], axis=0))
    smooth = tf.one_hot(threat_class, len(CLASSES)) * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / len(CLASSES)
    kind = tf.nn.softmax_cross_entropy_with_logits(smooth, class_logits[: tf.shape(real)[0]])
    rebuilt = tf.cast(threat_class == 0, tf.float32) * network.reconstruction_error(real)
    risk = tf.reduce_mean(tf.square(evidence - taught))
    return risk + tf.reduce_mean(CLASS_LOSS_WEIGHT * kind + rebuilt)
