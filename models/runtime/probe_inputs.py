"""`ProbeInputs`: pictures and samples that are watched or tried, as a network takes them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.blocks import describe
from models.data.preparation import Preparation
from models.runtime.failures import RequestError
from models.runtime.live_model import LiveModel
from models.runtime.preprocessing import Preprocessor

Floats = npt.NDArray[np.float32]

PICTURE_AXES = 3

KEPT_PREPROCESSORS = 8
"""Most shapes of probes for which the preprocessing is remembered: making it takes longer than using it."""


class ProbeInputs:
    """Prepares probes, and remembers how for the last few shapes."""

    def __init__(self) -> None:
        self._preprocessors: dict[object, Preprocessor] = {}

    def fitted(self, image: Floats, chain: Preparation, white: float, live: LiveModel) -> Floats:
        """A probe as a network takes it: what has three axes is a picture in 0 … 1, brought to `white` first.

        Raises RequestError where the preprocessing does not make of it what the Input takes.
        """
        target = tuple(live.model.input_shape[1:])
        is_picture = image.ndim == PICTURE_AXES and white > 0
        stored = image * np.float32(white) if is_picture else image
        made = self._preprocessor(chain, white, image.shape, target).whole(stored[None])
        shape = tuple(made.shape[1:])
        if shape != target:
            raise RequestError(
                f"The preprocessing makes {describe(shape)} of this, and the network's Input takes "
                f"{describe(target)}. Choose a sample of the data set, or add Resize."
            )
        fitted: Floats = np.asarray(made, np.float32)[0]
        return fitted

    def _preprocessor(
        self, chain: Preparation, white: float, shape: tuple[int, ...], target: tuple[int, ...]
    ) -> Preprocessor:
        key = (chain.preprocessing, white, shape, target)
        if key not in self._preprocessors:
            if len(self._preprocessors) >= KEPT_PREPROCESSORS:
                self._preprocessors.clear()
            self._preprocessors[key] = Preprocessor(chain.preprocessing, white, shape, target)
        return self._preprocessors[key]
