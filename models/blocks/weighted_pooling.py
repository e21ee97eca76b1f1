"""Pooling that Keras lacks: by a norm of the window, or with Gaussian weights."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from models.blocks.fields import Pair
from models.blocks.pooling import Pooling2D
from models.blocks.shapes import Padding


class LpPooling2D(Pooling2D):
    """Keeps the norm of each window: L2, the root of the sum of squares, unless p says otherwise."""

    custom: ClassVar[bool] = True
    spelled_out: ClassVar[tuple[str, ...]] = ()

    p: Annotated[float, Field(ge=1, le=64, allow_inf_nan=False)] = Field(
        2.0,
        description="Order of the norm: 1 adds up, 2 is the Euclidean length, large ones come close to the maximum.",
    )

    def settings_text(self) -> str:
        return f"L{self.p:g} · {super().settings_text()}"


class BlurPooling2D(Pooling2D):
    """Averages each window with Gaussian weights, so that a shifted image gives a shifted result (Zhang 2019)."""

    custom: ClassVar[bool] = True
    spelled_out: ClassVar[tuple[str, ...]] = ()

    pool_size: Pair = Field((3, 3), description="Height and width of the window that is averaged.")
    strides: Pair = Field((2, 2), description="Steps the window moves.")
    padding: Padding = Field("same", description='"valid" drops what does not fill a window; "same" keeps the edges.')
    sigma: Annotated[float, Field(ge=0.01, le=1000, allow_inf_nan=False)] = Field(
        1.0, description="Standard deviation of the Gaussian, in pixels: small ones look at the middle alone."
    )
