"""TensorFlow, imported once and quietly. Every module of `models` that needs it takes it from here.

oneDNN's reordered kernels are off: scores of the same row would differ from one machine to the next.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

# TensorFlow imports Keras to register its optimizers: half a second and 40 MB that only training has a use for. Held
# back here, Keras is imported when `tf.keras` is first asked for.
sys.modules.setdefault("keras", None)  # type: ignore[arg-type] # None makes its import fail, which TensorFlow allows for
import tensorflow as tf  # noqa: E402

if sys.modules["keras"] is None:
    del sys.modules["keras"]

# A GPU would multiply with ten bits of mantissa (TF32): by that, XLA had anomalies off by 0.13 and risks by 0.2.
tf.config.experimental.enable_tensor_float_32_execution(False)
tf.get_logger().setLevel("ERROR")  # it warns of every second network that is traced


def use_threads(count: int) -> None:
    """Let TensorFlow compute on so many threads; it has no effect once TensorFlow has computed anything."""
    try:
        tf.config.threading.set_intra_op_parallelism_threads(count)
        tf.config.threading.set_inter_op_parallelism_threads(count)
    except RuntimeError:
        return


def has_gpu() -> bool:
    """Tell whether TensorFlow sees a GPU; `tensorflow-cpu`, which is in the lock, sees none."""
    return bool(tf.config.list_physical_devices("GPU"))


__all__ = ["has_gpu", "tf", "use_threads"]
