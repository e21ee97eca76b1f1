"""What every action does, and when it can be done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from app.actions import shortcuts_text
from app.training.training_controller import State
from app.version import about_text
from models.network.graph import Source
from models.training.commands import Evaluate

if TYPE_CHECKING:
    from app.main_window import MainWindow


GROUP_QUESTION = (
    "What is this composite block called?\nThe palette offers it under this name, in this project. "
    "(Edit ▸ Keep in the palette does the same for a group that is not there yet.)"
)


MEMORY_QUESTION = (
    "How many megabytes of memory may prepared samples take while a network trains?\n"
    "What does not fit is kept on the disk. Leave it empty for a quarter of the machine's memory."
)


def connect_actions(window: MainWindow) -> None:
    """Connect the window's actions to its parts."""
    canvas, editor, exports = window.views.canvas, window.editor, window.exports
    handlers: dict[str, Callable[[], object]] = {
        "new": lambda: window.new_project(None),
        "open": window.ask_and_open,
        "save": window.files.save,
        "save_as": window.files.save_as,
        "export_keras": partial(exports.export, "keras"),
        "export_saved_model": partial(exports.export, "saved_model"),
        "export_python": partial(exports.export, "python"),
        "export_svg": lambda: exports.export_diagram("svg", window.appearance.theme_name),
        "export_png": lambda: exports.export_diagram("png", window.appearance.theme_name),
        "quit": window.close,
        "undo": window.document.undo_stack.undo,
        "redo": window.document.undo_stack.redo,
        "cut": editor.cut,
        "copy": editor.copy,
        "paste": editor.paste_clipboard,
        "duplicate": editor.duplicate,
        "delete": editor.delete,
        "select_all": editor.select_all,
        "rename": window.views.inspector.focus_name,
        "find_block": window.find_block,
        "connect": editor.connect_selected,
        "disconnect": editor.disconnect_selected,
        "duplicate_beside": editor.duplicate_beside,
        "group": partial(_group, window),
        "unpack": editor.unpack,
        "look_inside": canvas.toggle_open,
        "keep_composite": editor.keep_composite,
        "zoom_in": canvas.zoom_in,
        "zoom_out": canvas.zoom_out,
        "zoom_reset": canvas.zoom_reset,
        "fit": canvas.fit,
        "theme_system": partial(window.appearance.choose, "system"),
        "theme_dark": partial(window.appearance.choose, "dark"),
        "theme_light": partial(window.appearance.choose, "light"),
        "reset_layout": window.appearance.reset,
        "train": window.runs.start,
        "keep_training": window.runs.keep_training,
        "pause": window.training.pause,
        "step": window.training.step,
        "stop": window.controls.stop,
        "learning_rate": window.controls.rate.show,
        "add_to_queue": window.controls.queue_presenter.add,
        "show_queue": window.controls.queue_presenter.show,
        "probe_budget": window.controls.ask_for_probe_budget,
        "evaluate": lambda: window.training.send(Evaluate()),
        "evaluate_test": lambda: window.training.send(Evaluate("test")),
        "data_page": window.data_presenter.show_page,
        "runs_page": window.runs_presenter.show_page,
        "data_memory": partial(_ask_for_memory, window),
        "open_runs": window.runs.show_folder,
        "compare": window.architectures.compare,
        "shortcuts": lambda: window.questions.tell("Keyboard shortcuts", shortcuts_text()),
        "about": lambda: window.questions.tell("LayerLoom", about_text()),
    }
    several = ("group", "duplicate", "cut", "copy", "delete")
    window.views.inspector.set_several_actions(window.actions_[name] for name in several)
    inside = window.actions_["preprocessing_inside"]
    inside.setChecked(window.settings.exports_preprocessing)
    inside.toggled.connect(lambda checked: setattr(window.settings, "exports_preprocessing", checked))
    notify = window.actions_["notifications"]
    notify.setChecked(window.settings.notifications)
    notify.toggled.connect(lambda checked: setattr(window.settings, "notifications", checked))
    for name, handler in handlers.items():
        window.actions_[name].triggered.connect(lambda _checked=False, act=handler: act())


def _ask_for_memory(window: MainWindow) -> None:
    """Let the user say how much memory prepared samples may take."""
    budget = window.settings.memory_budget
    answer = window.questions.ask_text(
        "Memory for data", MEMORY_QUESTION, "" if budget is None else f"{budget // 10**6}", may_be_empty=True
    )
    if answer is None:
        return
    if answer and not answer.isdecimal():
        window.views.messages.show_message(f"“{answer}” is no number of megabytes, such as 4000. Nothing was changed.")
        return
    window.settings.memory_budget = int(answer) * 10**6 if answer else None


def _group(window: MainWindow) -> None:
    """Group the selection under a name that the user gives; where it cannot be grouped, say why before asking."""
    why = window.editor.why_not_group()
    if why:
        window.editor.refused.emit(why)
        return
    taken = {composite.name for composite in window.document.project.composites}
    suggestion = next(name for number in count(1) if (name := f"Block {number}") not in taken)
    chosen = window.questions.ask_text("Group", GROUP_QUESTION, suggestion)
    if chosen is not None:
        window.editor.group(chosen)


def refresh_actions(window: MainWindow) -> None:
    """Enable what can be done now, and say why the rest cannot."""
    stack, selected, state = window.document.undo_stack, bool(window.editor.selection), window.training.state
    why, trained = window.runs.why_not(), window.training.trained_network is not None
    goes_on = trained or window.document.project.weights is not None or window.runs.can_go_on
    idle = state is State.IDLE
    buildable = idle and not window.document.analysis.problems and bool(window.document.network.nodes)
    enabled = {
        "undo": stack.canUndo(), "redo": stack.canRedo(), "cut": selected, "copy": selected, "delete": selected,
        "duplicate": selected, "rename": selected, "train": not why, "keep_training": not why and goes_on,
        "pause": state in (State.TRAINING, State.PAUSED), "stop": window.training.is_busy,
        "step": state is State.PAUSED, "learning_rate": window.controls.rate.applies,
        "add_to_queue": not window.runs.why_not_trainable(),
        "evaluate": idle and trained, "evaluate_test": idle and trained and window.data.has_test_part,
        "export_keras": buildable, "export_saved_model": buildable,
        "export_python": buildable,
        "export_svg": bool(window.document.network.nodes), "export_png": bool(window.document.network.nodes),
        "connect": _can_connect(window), "disconnect": bool(window.editor.disconnectable()),
        "duplicate_beside": len(window.editor.selection) == 1, "group": selected,
        "unpack": bool(window.editor.unpackable()), "look_inside": _can_look_inside(window),
        "keep_composite": window.editor.keepable() is not None,
    }  # fmt: skip
    for name, value in enabled.items():
        window.actions_[name].setEnabled(value)
    window.actions_["train"].setToolTip(why or "Train the network from fresh weights (Ctrl+R)")
    unqueued = window.runs.why_not_trainable()
    window.actions_["add_to_queue"].setToolTip(unqueued or "Let a run of the project wait as it is now (Ctrl+Shift+A)")
    window.actions_["look_inside"].setText("Close" if window.views.canvas.would_close() else "Look inside")
    paused = state is State.PAUSED
    window.actions_["pause"].setText("Resume" if paused else "Pause")
    window.actions_["pause"].setToolTip("Go on (Ctrl+P)" if paused else "Hold training (Ctrl+P)")
    window.views.toolbar.show_button("stepButton", paused)
    window.views.toolbar.set_label("pauseButton", "▶" if paused else "❚❚")
    window.actions_["undo"].setText(f"Undo {stack.undoText()}".strip())
    window.actions_["redo"].setText(f"Redo {stack.redoText()}".strip())


def _can_connect(window: MainWindow) -> bool:
    pair = window.editor.selected_pair()
    return pair is not None and not window.editor.why_not_connect(Source(pair[0]), pair[1])


def _can_look_inside(window: MainWindow) -> bool:
    """Whether a composite is selected, to be opened, or a block inside one, to be closed around it."""
    return bool(window.editor.unpackable()) or window.views.canvas.inner is not None
