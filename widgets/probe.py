"""`ProbePanel`: the image that the network is watched with, from the data set, drawn, or from a file."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QKeySequence, QPixmap, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from models.data.sources import LARGEST_SIDE
from widgets.bars import NamedBars
from widgets.colormaps import to_qimage
from widgets.drawing_pad import DrawingPad
from widgets.forms import make_spin_box
from widgets.theme import Theme

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
PICTURE = 148
IMAGE_AXES = 3

FORMATS = "Pictures (*.png *.jpg *.jpeg *.bmp *.gif *.webp *.tif *.tiff);;All files (*)"


class ProbePanel(QWidget):
    """Lets the user pick a probe and shows what the network takes it for.

    Signals:
        probe_changed(image): float32 (height, width, channels) in 0 … 1, of any size.
    """

    probe_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("probeInput")
        self.setAcceptDrops(True)
        self._images: Sequence[Floats] = ()
        self._pictures: Sequence[Pixels] | None = None
        self._labels: Sequence[int] = ()
        self._names: tuple[str, ...] = ()
        self._picture, self._pad = QLabel(), DrawingPad(PICTURE)
        self._picture.setFixedSize(PICTURE, PICTURE)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.setAccessibleName("Probe image")
        self._stack = QStackedWidget()
        self._stack.setFixedSize(PICTURE, PICTURE)
        self._stack.addWidget(self._picture)
        self._stack.addWidget(self._pad)
        self._random = random.Random()  # its own: training seeds the common one
        self._caption, self._message = QLabel(), QLabel()
        self._caption.setProperty("role", "dim")
        self._message.setProperty("role", "bad")
        self._message.setWordWrap(True)
        self._message.hide()
        self._index = make_spin_box(64)
        self._index.setAccessibleName("Number of the sample")
        self._index.valueChanged.connect(self._show_sample)
        self._bars = NamedBars()
        self._bars.setAccessibleName("Prediction for the probe")
        self._pad.drawn.connect(self._show_drawing)
        QShortcut(
            QKeySequence.StandardKey.Paste, self, self.paste, context=Qt.ShortcutContext.WidgetWithChildrenShortcut
        )
        self._lay_out()
        self.set_samples((), (), ())

    def set_samples(
        self,
        images: Sequence[Floats],
        labels: Sequence[int],
        class_names: Sequence[str],
        pictures: Sequence[Pixels] | None = None,
    ) -> None:
        """Browse these images, each float32 (height, width, 1 or 3) in 0 … 1; takes the first one as the probe.

        `pictures` stand for samples that are no images: uint8 (height, width, 3), one for each.
        """
        self._images, self._labels, self._names = images, labels, tuple(class_names)
        self._pictures = pictures
        with QSignalBlocker(self._index):
            self._index.setRange(0, max(len(images) - 1, 0))
            self._index.setValue(0)
        for control in self._browsing:
            control.setEnabled(len(images) > 0)
        if len(images):
            self._show_sample(0)
        else:
            self._caption.setText("No samples yet: draw, drop or open a picture.")

    def set_class_names(self, class_names: Sequence[str]) -> None:
        """Call the samples' classes otherwise; what is tried stays."""
        told = self._caption.text() == self._words_for(self._index.value())
        self._names = tuple(class_names)
        if told:
            self._caption.setText(self._words_for(self._index.value()))

    def set_prediction(self, probabilities: Floats | None, class_names: Sequence[str] = ()) -> None:
        """Show the classes with the largest probabilities; None for no prediction."""
        self._bars.set_values(probabilities, class_names)

    def set_theme(self, theme: Theme) -> None:
        self._bars.set_theme(theme)
        self._pad.set_theme(theme)

    def open_picture(self, path: Path) -> None:
        """Take a picture file as the probe; one that cannot be read is said in place."""
        from models.data.pictures import BrokenImage, read_picture  # Pillow comes with the first picture

        try:
            image = read_picture(path)
        except BrokenImage as error:
            self._say(f"{path.name} was not read: {error}. Choose a PNG, JPEG, BMP, GIF, WebP or TIFF picture.")
            return
        self._show(image, path.name)

    def paste(self) -> None:
        """Take the picture on the clipboard as the probe."""
        mime = QGuiApplication.clipboard().mimeData()
        if mime.hasUrls() and mime.urls()[0].isLocalFile():
            self.open_picture(Path(mime.urls()[0].toLocalFile()))
        elif mime.hasImage():
            self._show(from_qimage(QGuiApplication.clipboard().image()), "from the clipboard")
        else:
            self._say("The clipboard holds no picture. Copy an image or a picture file, then paste again.")

    @property
    def message(self) -> str:
        """What is said about the last picture, empty when all is well."""
        return self._message.text()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        mime = event.mimeData()
        if mime.hasImage() or any(url.isLocalFile() for url in mime.urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        mime = event.mimeData()
        files = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        if files:
            self.open_picture(files[0])
        else:
            self._show(from_qimage(QImage(mime.imageData())), "dropped")
        event.acceptProposedAction()

    def _lay_out(self) -> None:
        self._browsing: tuple[QWidget, ...] = (
            _button("‹", "Previous sample", lambda: self._index.stepDown()),
            self._index,
            _button("›", "Next sample", lambda: self._index.stepUp()),
            _button("Random", "A sample at random", self._show_random),
        )
        samples, tools = QHBoxLayout(), QHBoxLayout()
        for control in self._browsing:
            samples.addWidget(control)
        for text, help_text, action in (
            ("Draw", "Draw with the mouse, white on black", self.draw),
            ("Clear", "Start the drawing again", self._clear),
            ("Open …", "Open a picture file; dropping or pasting one works too", self._choose_file),
        ):
            tools.addWidget(_button(text, help_text, action))
        for row in (samples, tools):
            row.setSpacing(4)
            row.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addLayout(samples)
        right.addLayout(tools)
        right.addWidget(self._caption)
        right.addWidget(self._message)
        right.addWidget(self._bars)
        right.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(16)
        layout.addWidget(self._stack, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(right, 1)

    def draw(self) -> None:
        """Bring up the drawing pad."""
        self._stack.setCurrentWidget(self._pad)
        self._pad.setFocus()
        self._caption.setText("Draw with the mouse; fill the square.")
        self._say("")

    def _clear(self) -> None:
        self.draw()
        self._pad.clear()

    def _show_drawing(self, image: Floats) -> None:
        self._caption.setText("your drawing")
        self._say("")
        self.probe_changed.emit(image)

    def _show_sample(self, index: int) -> None:
        picture = self._pictures[index] if self._pictures is not None else None
        self._show(self._images[index], self._words_for(index), picture)

    def _words_for(self, index: int) -> str:
        """What stands below a sample; nothing where there is no such sample."""
        if not 0 <= index < len(self._images):
            return ""
        label = int(self._labels[index])
        name = self._names[label] if 0 <= label < len(self._names) else str(label) if label >= 0 else "none"
        return f"sample {index:,} of {len(self._images):,} · class {name}"

    def _show_random(self) -> None:
        with QSignalBlocker(self._index):
            self._index.setValue(self._random.randrange(len(self._images)))
        self._show_sample(self._index.value())

    def _choose_file(self) -> None:
        name, _filter = QFileDialog.getOpenFileName(self, "Open a picture", "", FORMATS)
        if name:
            self.open_picture(Path(name))

    def _show(self, image: Floats, caption: str, picture: Pixels | None = None) -> None:
        self._stack.setCurrentWidget(self._picture)
        mode = Qt.AspectRatioMode.KeepAspectRatio
        shown = image if picture is None or image.ndim == IMAGE_AXES else (picture / np.float32(255)).astype(np.float32)
        self._picture.setPixmap(_to_pixmap(shown).scaled(PICTURE, PICTURE, mode))
        self._caption.setText(caption)
        self._say("")
        self.probe_changed.emit(image)

    def _say(self, text: str) -> None:
        self._message.setText(text)
        self._message.setVisible(bool(text))


def from_qimage(image: QImage) -> Floats:
    """A QImage as float32 (height, width, 3) in 0 … 1."""
    if max(image.width(), image.height()) > LARGEST_SIDE:
        smooth = Qt.TransformationMode.SmoothTransformation
        image = image.scaled(LARGEST_SIDE, LARGEST_SIDE, Qt.AspectRatioMode.KeepAspectRatio, smooth)
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.bytesPerLine())
    pixels = rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3)
    return (pixels / np.float32(255)).astype(np.float32)


def _to_pixmap(image: Floats) -> QPixmap:
    channels = image if image.shape[-1] >= 3 else np.repeat(image[:, :, :1], 3, axis=-1)
    pixels = np.clip(np.nan_to_num(channels[:, :, :3]) * 255, 0, 255).astype(np.uint32)
    red, green, blue = np.moveaxis(pixels, -1, 0)
    return QPixmap.fromImage(to_qimage(np.uint32(0xFF000000) | (red << 16) | (green << 8) | blue))


def _button(text: str, help_text: str, action: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(help_text)
    button.setAccessibleName(help_text)
    button.clicked.connect(lambda _checked: action())
    return button
