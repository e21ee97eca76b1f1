"""The menu of all kinds of data sets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QMenu, QWidgetAction

from models.data.sources import SOURCES, Source, SourceGroup
from widgets.data.class_colors import plain_tip


def build_source_menu(menu: QMenu, choose: Callable[[str], None]) -> None:
    """Fill a menu with every kind of data set under its group's name; `choose` is called with a source's kind.

    Kinds that ask for a file or a folder first end in `…`; what each is stands in its tooltip.
    """
    menu.setToolTipsVisible(True)
    for group in SourceGroup:
        kinds = [source for source in SOURCES.values() if source.group is group]
        if not kinds:
            continue
        if menu.actions() and not menu.actions()[-1].isSeparator():
            menu.addSeparator()
        menu.addAction(_heading(menu, group.value))
        for source in kinds:
            menu.addAction(_entry(menu, source, choose))


def _entry(menu: QMenu, source: type[Source], choose: Callable[[str], None]) -> QAction:
    action = QAction(f"{source.title} …" if source.chooses else source.title, menu)
    summary = (source.__doc__ or "").strip().split("\n")[0]
    action.setToolTip(plain_tip(summary))
    action.setStatusTip(summary)
    action.setWhatsThis(summary)
    action.setData(source.kind)
    action.triggered.connect(partial(_chosen, choose, source.kind))
    return action


def _chosen(choose: Callable[[str], None], kind: str, _checked: bool = False) -> None:
    choose(kind)


def _heading(menu: QMenu, text: str) -> QWidgetAction:
    label = QLabel(text.upper())
    label.setProperty("role", "heading")
    label.setContentsMargins(12, 4, 12, 4)
    heading = QWidgetAction(menu)
    heading.setDefaultWidget(label)
    heading.setText(text)
    heading.setEnabled(False)
    return heading
