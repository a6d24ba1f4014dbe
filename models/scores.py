"""What a scorer says of rows, with TensorFlow or without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(slots=True)
class Scores:
    """Scores of n rows."""

    anomaly: NDArray[np.float32]  #: (n,) 0..1
    class_probabilities: NDArray[np.float32]  #: (n, len(CLASSES)), rows sum to 1
    risk: NDArray[np.float32]  #: (n,) 0..100
    threat: NDArray[np.bool_]  #: (n,) risk at or above the threshold
    class_numbers: NDArray[np.intp]  #: (n,) index into CLASSES of the most probable class
