"""Values as pictures that Qt can draw."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage, QPixmap

from models.data.samples import Values
from widgets.data.class_colors import class_color
from widgets.theme import Theme

MASK_ALPHA = 120


def to_levels(values: Values, white: float, channel: int = 0) -> npt.NDArray[np.uint8]:
    """A picture (height, width, channels) as bytes to show, with one, three or four channels."""
    if values.ndim == 3 and values.shape[2] not in (1, 3, 4):
        values = values[:, :, channel : channel + 1]
    if values.dtype == np.uint8:
        whole: npt.NDArray[np.uint8] = np.ascontiguousarray(values)
        return whole
    finite = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = (0.0, white) if white > 0 else (float(finite.min(initial=0)), float(finite.max(initial=0)))
    scaled = (np.clip(finite, low, high) - low) / (high - low if high > low else 1.0) * 255.0
    return np.rint(scaled).astype(np.uint8)


def to_pixmap(levels: npt.NDArray[np.uint8]) -> QPixmap:
    """Bytes (height, width, 1, 3 or 4) as a picture."""
    height, width, channels = levels.shape
    kinds = {1: QImage.Format.Format_Grayscale8, 3: QImage.Format.Format_RGB888, 4: QImage.Format.Format_RGBA8888}
    buffer = np.ascontiguousarray(levels)
    return QPixmap.fromImage(QImage(buffer.data, width, height, width * channels, kinds[channels]).copy())


def mask_pixmap(mask: Values, theme: Theme) -> QPixmap:
    """Classes (height, width) as see-through colours; class 0, the background, has none."""
    table = np.zeros((256, 4), np.uint8)
    for label in range(1, 256):
        color = class_color(label, theme)
        table[label] = color.red(), color.green(), color.blue(), MASK_ALPHA
    return to_pixmap(table[mask.astype(np.uint8)])
