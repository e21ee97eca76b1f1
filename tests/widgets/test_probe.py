"""The probe: samples, drawings and pictures, and a sentence for what is no picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QPushButton, QSpinBox

from widgets.bars import NamedBars
from widgets.drawing_pad import DrawingPad
from widgets.probe import ProbePanel, from_qimage

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)
SAMPLES = [np.full((4 + n, 5, 1 if n % 2 else 3), n / 10, dtype=np.float32) for n in range(6)]


@pytest.fixture
def panel(qtbot) -> ProbePanel:
    panel = ProbePanel()
    qtbot.addWidget(panel)
    panel.resize(600, 220)
    panel.show()
    return panel


def _button(panel: ProbePanel, text: str) -> QPushButton:
    return next(button for button in panel.findChildren(QPushButton) if button.text() == text)


def test_samples_are_browsed(qtbot, panel: ProbePanel) -> None:
    with qtbot.waitSignal(panel.probe_changed) as caught:
        panel.set_samples(SAMPLES, [0, 1] * 3, ("cat", "dog"))
    np.testing.assert_array_equal(caught.args[0], SAMPLES[0])
    for text, expected in (("›", 1), ("›", 2), ("‹", 1)):
        with qtbot.waitSignal(panel.probe_changed) as caught:
            _button(panel, text).click()
        np.testing.assert_array_equal(caught.args[0], SAMPLES[expected])
    assert panel._caption.text() == "sample 1 of 6 · class dog"
    with qtbot.waitSignal(panel.probe_changed) as caught:
        _button(panel, "Random").click()
    assert any(np.array_equal(caught.args[0], sample) for sample in SAMPLES)


def test_without_samples_browsing_is_off(panel: ProbePanel) -> None:
    panel.set_samples([], [], ())
    assert not panel.findChild(QSpinBox).isEnabled()
    assert "draw, drop or open" in panel._caption.text()


def test_a_stroke_of_the_mouse_is_a_drawing(qtbot, panel: ProbePanel) -> None:
    _button(panel, "Draw").click()
    pad = panel.findChild(DrawingPad)
    qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(20, 74))
    with qtbot.waitSignal(panel.probe_changed) as caught:
        qtbot.mouseMove(pad, QPoint(120, 74))
    image = caught.args[0]
    assert image.shape == (64, 64, 1)
    assert image[32, 32, 0] == 1.0
    assert image[5, 5, 0] == 0.0
    with qtbot.waitSignal(panel.probe_changed) as caught:
        _button(panel, "Clear").click()
    assert caught.args[0].max() == 0.0


def test_a_picture_file_is_read(qtbot, panel: ProbePanel, tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Image.new("RGB", (1024, 256), (255, 0, 51)).save(path)
    with qtbot.waitSignal(panel.probe_changed) as caught:
        panel.open_picture(path)
    assert caught.args[0].shape == (128, 512, 3)
    np.testing.assert_allclose(caught.args[0][64, 64], [1.0, 0.0, 0.2], atol=1e-6)
    assert panel.message == ""


@pytest.mark.parametrize("content", [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n broken", None])
def test_what_is_no_picture_is_said_in_place(qtbot, panel: ProbePanel, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.png"
    if content is not None:
        path.write_bytes(content)
    with qtbot.assertNotEmitted(panel.probe_changed):
        panel.open_picture(path)
    assert panel.message.startswith("bad.png was not read: ")
    assert "Choose a PNG" in panel.message
    panel.draw()
    assert panel.message == ""


def test_a_picture_is_pasted(qtbot, panel: ProbePanel, tmp_path: Path) -> None:
    clipboard = QGuiApplication.clipboard()
    picture = QImage(7, 3, QImage.Format.Format_RGB32)
    picture.fill(QColor(255, 0, 0))
    clipboard.setImage(picture)
    with qtbot.waitSignal(panel.probe_changed) as caught:
        panel.paste()
    np.testing.assert_array_equal(caught.args[0], np.broadcast_to([1, 0, 0], (3, 7, 3)))
    clipboard.setText("words")
    panel.paste()
    assert "holds no picture" in panel.message
    path = tmp_path / "grey.png"
    Image.new("L", (2, 2), 255).save(path)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    clipboard.setMimeData(mime)
    with qtbot.waitSignal(panel.probe_changed) as caught:
        panel.paste()
    assert caught.args[0].shape == (2, 2, 1)
    clipboard.clear()  # what Python put there must not outlive it


def test_large_pictures_from_the_clipboard_shrink(qapp) -> None:
    picture = QImage(2048, 1024, QImage.Format.Format_RGB32)
    picture.fill(QColor(0, 255, 0))
    assert from_qimage(picture).shape == (256, 512, 3)


def test_the_prediction_is_shown_with_names(panel: ProbePanel) -> None:
    panel.set_prediction(np.array([0.1, 0.7, 0.2], dtype=np.float32), ("a", "b", "c"))
    bars = panel.findChild(NamedBars)
    assert [name for name, _value in bars.rows] == ["b", "c", "a"]
    assert bars.accessibleDescription() == "b: 70.0%, c: 20.0%, a: 10.0%"
    panel.set_prediction(None)
    assert bars.rows == []
