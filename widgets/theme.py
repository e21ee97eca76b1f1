"""Colours, sizes and the style sheet, for the dark and the light theme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QWidget

from models.blocks import Family
from resources import resource

GRID = 4
"""Pixels; distances are multiples of it."""


@dataclass(frozen=True)
class Theme:
    """One theme's colours, as `#rrggbb`. Names follow the interface's description."""

    name: str
    background: str
    panel: str
    raised: str
    line: str
    text: str
    dim: str
    accent: str
    on_accent: str
    ok: str
    warn: str
    bad: str
    validation: str
    families: Mapping[Family, str]

    @property
    def dark(self) -> bool:
        return self.name == "dark"

    def color(self, token: str, alpha: int = 255) -> QColor:
        """A colour by its token, `theme.color("line")`."""
        color = QColor(getattr(self, token))
        color.setAlpha(alpha)
        return color

    def family(self, family: Family) -> QColor:
        """The colour of a palette category."""
        return QColor(self.families[family])


DARK = Theme(
    name="dark", background="#14171c", panel="#1b1f26", raised="#232832", line="#2f3642", text="#e6e9ef",
    dim="#9aa4b2", accent="#5b9dff", on_accent="#0b1220", ok="#4cc38a", warn="#f0b429", bad="#ff6369",
    validation="#f0b429",
    families={
        Family.INPUT: "#9aa4b2", Family.CONVOLUTION: "#5b9dff", Family.POOLING: "#4cc38a", Family.DENSE: "#c084fc",
        Family.NORMALIZATION: "#f0b429", Family.ACTIVATION: "#f472b6", Family.MERGE: "#22c3d6",
        Family.COMPOSITE: "#fb923c",
    },
)  # fmt: skip
LIGHT = Theme(
    name="light", background="#f6f7f9", panel="#ffffff", raised="#eef0f4", line="#d5dae3", text="#1a1e26",
    dim="#566072", accent="#2563eb", on_accent="#ffffff", ok="#14713a", warn="#8a5a00", bad="#c81e1e",
    validation="#b45309",
    families={
        Family.INPUT: "#566072", Family.CONVOLUTION: "#2563eb", Family.POOLING: "#15803d", Family.DENSE: "#7c3aed",
        Family.NORMALIZATION: "#a16207", Family.ACTIVATION: "#be185d", Family.MERGE: "#0e7490",
        Family.COMPOSITE: "#c2410c",
    },
)  # fmt: skip
THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


def system_theme() -> Theme:
    """The theme that the system asks for."""
    scheme = QGuiApplication.styleHints().colorScheme()
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK


def monospace(size: int) -> QFont:
    """The font of numbers, shapes and field names, in pixels."""
    font = QFont()
    font.setFamilies(["JetBrains Mono", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace"])
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPixelSize(size)
    return font


def interface_font(size: int = 12) -> QFont:
    """The font of everything else, in pixels."""
    font = QFont()
    font.setFamilies(["Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans", "sans-serif"])
    font.setPixelSize(size)
    return font


def palette(theme: Theme) -> QPalette:
    """Qt's palette, for what a style sheet does not reach."""
    colors = QPalette()
    role = QPalette.ColorRole
    for which, token in (
        (role.Window, "panel"), (role.Base, "background"), (role.AlternateBase, "raised"), (role.Button, "raised"),
        (role.WindowText, "text"), (role.Text, "text"), (role.ButtonText, "text"), (role.BrightText, "bad"),
        (role.ToolTipBase, "raised"), (role.ToolTipText, "text"), (role.Highlight, "accent"), (role.Link, "accent"),
        (role.HighlightedText, "on_accent"), (role.PlaceholderText, "dim"), (role.Mid, "line"), (role.Accent, "accent"),
    ):  # fmt: skip
        colors.setColor(which, theme.color(token))
    for which in (role.Text, role.ButtonText, role.WindowText):
        colors.setColor(QPalette.ColorGroup.Disabled, which, theme.color("dim", 130))
    return colors


def style_sheet(theme: Theme) -> str:
    """The application's style sheet. Widgets opt into variants through the dynamic property `role`."""
    values = {field: getattr(theme, field) for field in theme.__dataclass_fields__ if field != "families"}
    values["chevron"] = resource(f"chevron-{theme.name}.svg").as_posix()
    sheet = _SHEET
    for token in sorted(values, key=len, reverse=True):
        sheet = sheet.replace(f"@{token}@", str(values[token]))
    return sheet


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a dynamic property, such as `role`, `level` or `invalid`, and let the style sheet see it."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


_SHEET = """
* { font-size: 12px; }
QMainWindow, QDialog { background: @panel@; }
QToolTip { background: @raised@; color: @text@; border: 1px solid @line@; padding: 4px 6px; }
QMenuBar { background: @panel@; color: @text@; padding: 2px 8px; }
QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: @raised@; }
QMenu { background: @panel@; color: @text@; border: 1px solid @line@; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; }
QMenu::item:selected { background: @raised@; }
QMenu::item:disabled { color: @dim@; }
QMenu::separator { height: 1px; background: @line@; margin: 4px 8px; }
QFrame[role="panel"], QWidget[role="panel"] { background: @panel@; }
QWidget[role="canvas"] { background: @background@; }
QMainWindow::separator { background: @line@; width: 1px; height: 1px; }
QToolBar { background: @panel@; border: none; border-bottom: 1px solid @line@; padding: 0; spacing: 0; }
QMenuBar { border: none; }
QLabel { color: @text@; background: transparent; }
QLabel[role="title"] { font-size: 16px; font-weight: 600; }
QLabel[role="heading"] { font-size: 11px; font-weight: 600; color: @dim@; }
QLabel[role="dim"] { color: @dim@; font-size: 11px; }
QLabel[role="changed"] { color: @text@; font-size: 11px; font-weight: 600; }
QPushButton[role="section"] { background: transparent; color: @text@; font-weight: 600; text-align: left;
  padding: 4px 0; border-radius: 4px; }
QPushButton[role="more"] { background: transparent; color: @dim@; text-align: left; padding: 2px 0; font-size: 11px; }
QPushButton[role="more"]:hover { color: @text@; }
QPushButton[role="section"]:hover { background: @raised@; }
QLabel[role="brand"] { font-size: 15px; font-weight: 700; }
QLabel[role="bad"] { color: @bad@; }
QLabel[role="ok"] { color: @ok@; }
QLabel[role="warn"] { color: @warn@; }
QFrame[role="message"] { background: @raised@; border: none; border-left: 4px solid @accent@; }
QFrame[level="bad"] { border-left-color: @bad@; }
QFrame[level="warn"] { border-left-color: @warn@; }
QFrame[level="ok"] { border-left-color: @ok@; }
QLabel[level="bad"] { color: @bad@; }
QLabel[level="warn"] { color: @warn@; }
QLabel[level="ok"] { color: @ok@; }
QFrame[role="status"] { background: @raised@; border: none; }
QFrame[role="status"] QLabel, QFrame[role="status"] QToolButton { font-size: 11px; }
QFrame[role="status"] QToolButton, QFrame[role="status"] QToolButton:disabled { background: transparent;
  border-color: transparent; }
QFrame[role="status"] QToolButton:hover { border-color: @line@; }
QFrame[role="status"] QToolButton[level="bad"] { color: @bad@; font-weight: 600; }
QFrame[role="status"] QToolButton[level="ok"] { color: @ok@; }
QFrame[role="card"] { background: @background@; border: 1px solid @line@; border-radius: 8px; }
QPushButton, QToolButton { background: @raised@; color: @text@; border: 1px solid transparent; border-radius: 6px;
  padding: 5px 12px; }
QPushButton:hover, QToolButton:hover { border-color: @line@; }
QPushButton:pressed, QToolButton:pressed { background: @line@; }
QPushButton:focus, QToolButton:focus { border-color: @accent@; }
QPushButton:disabled, QToolButton:disabled { color: @dim@; background: @panel@; border-color: @line@; }
QPushButton[role="primary"] { background: @accent@; color: @on_accent@; font-weight: 600; padding: 6px 16px; }
QPushButton[role="primary"]:hover { border-color: @text@; }
QPushButton[role="primary"]:disabled { background: @raised@; color: @dim@; }
QPushButton[role="repair"] { background: transparent; color: @accent@; border: 1px solid @line@; padding: 4px 8px;
  text-align: left; }
QPushButton[role="repair"]:hover { border-color: @accent@; }
QPushButton[role="listed"] { background: @background@; border: 1px solid @line@; padding: 4px 8px; text-align: left; }
QPushButton[role="listed"]:hover { border-color: @accent@; }
QFrame[role="rule"] { background: @line@; border: none; }
QToolButton[role="flat"], QPushButton[role="flat"] { background: transparent; }
QToolButton[role="flat"]:hover, QPushButton[role="flat"]:hover { background: @raised@; }
QToolButton[role="chooser"] { background: transparent; color: @dim@; font-size: 11px; font-weight: 600; padding: 0 2px;
  border-radius: 4px; }
QToolButton[role="chooser"]:hover { color: @text@; }
QToolButton::menu-indicator { image: none; }
QFrame#mainToolbar QToolButton { padding: 6px 10px; }
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit { background: @background@; color: @text@;
  border: 1px solid @line@; border-radius: 6px; padding: 4px 8px; selection-background-color: @accent@;
  selection-color: @on_accent@; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus { border-color: @accent@; }
QLineEdit[invalid="true"], QSpinBox[invalid="true"], QDoubleSpinBox[invalid="true"] { border-color: @bad@; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled { color: @dim@; }
QComboBox::drop-down { border: none; width: 18px; }
QComboBox::down-arrow { image: url(@chevron@); width: 10px; height: 10px; }
QFileDialog QToolButton { padding: 3px; }
QComboBox QAbstractItemView { background: @panel@; color: @text@; border: 1px solid @line@; padding: 4px;
  selection-background-color: @raised@; selection-color: @text@; outline: none; }
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {
  width: 0; border: none; }
QCheckBox { color: @text@; spacing: 8px; }
QCheckBox::indicator:unchecked { background: @background@; border: 1px solid @dim@; border-radius: 3px; width: 12px;
  height: 12px; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: @dim@; padding: 7px 2px 6px 2px; margin-right: 22px;
  border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: @text@; font-weight: 600; border-bottom: 2px solid @accent@; }
QTabBar::tab:hover { color: @text@; }
QTabBar::tab:focus { color: @accent@; }
QTabBar[tight="true"]::tab { font-size: 11px; padding: 7px 1px 6px 1px; margin-right: 5px; }
QTabBar QToolButton { background: @panel@; border: none; border-radius: 0; padding: 0; }
QTabWidget::pane { border: none; border-top: 1px solid @line@; }
QTabWidget::tab-bar { left: 16px; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: @line@; border-radius: 4px; min-height: 24px; min-width: 24px; margin: 1px; }
QScrollBar::handle:hover { background: @dim@; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: none; border: none;
  width: 0; height: 0; }
QSplitter::handle { background: @line@; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QTableView, QTreeView, QListView { background: @panel@; color: @text@; border: none; gridline-color: @line@;
  outline: none;  selection-background-color: @raised@; selection-color: @text@; }
QHeaderView::section { background: @panel@; color: @dim@; border: none; border-bottom: 1px solid @line@;
  padding: 6px 8px;  font-size: 11px; }
QHeaderView::up-arrow, QHeaderView::down-arrow { subcontrol-position: top center; width: 8px; height: 6px; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QTableCornerButton::section { background: @panel@; border: none; }
QProgressBar { background: @line@; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: @accent@; border-radius: 3px; }
QStatusBar { background: @raised@; color: @dim@; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: @dim@; font-size: 11px; }
QSlider::groove:horizontal { height: 4px; background: @raised@; border-radius: 2px; }
QSlider::handle:horizontal { width: 14px; margin: -5px 0; border-radius: 7px; background: @accent@; }
"""
