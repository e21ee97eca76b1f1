"""`Batch`: samples on their way to the network, with what is to be learned of them."""

from __future__ import annotations

from typing import Any, NamedTuple


class Batch(NamedTuple):
    """Tensors of one batch.

    Attributes:
        samples: (n, *shape) float32.
        targets: (n, classes) float32, the share of each class.
        masks: (n, height, width) int32, the class of every pixel; None where there are none.
        boxes: (n, k, 5) float32, each top, left, bottom, right in pixels and the class, −1 for rows that only fill up;
            or a ragged tensor of the same; None where there are none.
    """

    samples: Any
    targets: Any
    masks: Any = None
    boxes: Any = None
