"""Diagrams from the window, and Python source back into it."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from scripted import ScriptedQuestions

from app.main_window import MainWindow
from models.network.python_source import python_source
from models.zoo import template


@pytest.mark.parametrize("format", ["svg", "png"])
def test_a_diagram_is_drawn_in_the_windows_colours(
    window: MainWindow, questions: ScriptedQuestions, tmp_path: Path, format: str
) -> None:
    questions.path = tmp_path / f"lenet.{format}"
    window.appearance.choose("light")
    window.actions_[f"export_{format}"].trigger()
    assert "Drew 9 blocks" in window.views.messages.text
    if format == "svg":
        root = ElementTree.parse(questions.path).getroot()
        assert root.find("{http://www.w3.org/2000/svg}rect").get("fill") == "#f6f7f9"
    else:
        with Image.open(questions.path) as image:
            assert image.convert("RGB").getpixel((2, 2)) == (0xF6, 0xF7, 0xF9)


def test_a_diagram_that_cannot_be_written_is_told(
    window: MainWindow, questions: ScriptedQuestions, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    questions.path = tmp_path / "file" / "lenet.svg"
    window.actions_["export_svg"].trigger()
    assert "lenet.svg was not written" in window.views.messages.text


def test_there_is_nothing_to_draw_of_an_empty_network(make_window: Callable[..., MainWindow]) -> None:
    window = make_window()
    window.new_project(None)
    assert not window.actions_["export_svg"].isEnabled()


def test_python_source_opens_as_an_unsaved_project(window: MainWindow, tmp_path: Path) -> None:
    network = template("resnet20").network()
    (tmp_path / "mine.py").write_text(python_source(network, "mine"), encoding="utf-8")
    assert window.files.open(tmp_path / "mine.py")
    project = window.document.project
    assert (project.name, window.files.path, window.document.is_modified) == ("mine", None, True)
    assert [node.block for node in project.network.nodes] == [node.block for node in network.nodes]


def test_source_that_is_no_model_is_told_and_changes_nothing(window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import os\nos.remove('x')\n")
    before = window.document.project
    assert not window.files.open(tmp_path / "mine.py")
    assert window.document.project is before
    assert "mine.py, line" in window.views.messages.text
    assert "no Keras model" in window.views.messages.text
