"""Arrays in events."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
NO_VALUES: Floats = np.zeros(0, np.float32)
