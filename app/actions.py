"""Every action of the window in one table: text, shortcut and tooltip."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence


@dataclass(frozen=True)
class ActionSpec:
    """One action. `keys` are shortcuts as Qt writes them; the first one is shown."""

    name: str
    text: str
    tip: str
    keys: tuple[str, ...] = ()
    checkable: bool = False


SPECS = (
    ActionSpec("new", "New", "Start with an empty network", ("Ctrl+N",)),
    ActionSpec("open", "Open…", "Open a project", ("Ctrl+O",)),
    ActionSpec("save", "Save", "Save the project", ("Ctrl+S",)),
    ActionSpec("save_as", "Save as…", "Save the project under another name", ("Ctrl+Shift+S",)),
    ActionSpec("export_keras", "Keras model (.keras)…", "One file that keras.models.load_model opens"),
    ActionSpec("export_saved_model", "SavedModel…", "A folder for TensorFlow, TensorFlow Serving and TensorFlow Lite"),
    ActionSpec("export_python", "Python source…", "A readable file that builds the same network with Keras alone"),
    ActionSpec("export_svg", "Diagram (SVG)…", "The whole network as a picture that stays sharp at any size"),
    ActionSpec("export_png", "Diagram (PNG)…", "The whole network as a picture made of pixels"),
    ActionSpec(
        "preprocessing_inside",
        "Preprocessing inside",
        "Exported models take samples as they are stored, not as they are prepared",
        checkable=True,
    ),
    ActionSpec("quit", "Quit", "Close the window", ("Ctrl+Q",)),
    ActionSpec("undo", "Undo", "Take the last edit back", ("Ctrl+Z",)),
    ActionSpec("redo", "Redo", "Do again what was taken back", ("Ctrl+Y", "Ctrl+Shift+Z")),
    ActionSpec("cut", "Cut", "Move the selected blocks to the clipboard", ("Ctrl+X",)),
    ActionSpec("copy", "Copy", "Copy the selected blocks to the clipboard", ("Ctrl+C",)),
    ActionSpec("paste", "Paste", "Insert the clipboard's blocks behind the selection", ("Ctrl+V",)),
    ActionSpec("duplicate", "Duplicate", "Put a copy of the selected blocks behind them", ("Ctrl+D",)),
    ActionSpec("delete", "Delete", "Take the selected blocks out; the chain heals", ("Del", "Backspace")),
    ActionSpec("select_all", "Select all", "Select every block", ("Ctrl+A",)),
    ActionSpec("rename", "Rename", "Give the selected block a name of your own", ("F2",)),
    ActionSpec("connect", "Connect", "Let the first of two selected blocks feed the second", ("Ctrl+L",)),
    ActionSpec(
        "disconnect", "Disconnect", "Cut between the selected blocks, or what feeds the single one", ("Ctrl+Shift+L",)
    ),
    ActionSpec(
        "duplicate_beside", "Duplicate beside", "Put a copy of the block beside it, as a branch", ("Ctrl+Shift+D",)
    ),
    ActionSpec("group", "Group…", "Make one composite block of the selected ones and keep it", ("Ctrl+G",)),
    ActionSpec("unpack", "Unpack", "Replace a composite by the blocks inside it", ("Ctrl+Shift+G",)),
    ActionSpec("look_inside", "Look inside", "Open or close a composite where it stands", ("Ctrl+I",)),
    ActionSpec("keep_composite", "Keep in the palette", "Offer the selected group among the project's composites"),
    ActionSpec("find_block", "Add block…", "Search for a block and add it behind the selection", ("Ctrl+K",)),
    ActionSpec("zoom_in", "Zoom in", "Larger", ("Ctrl++", "Ctrl+=")),
    ActionSpec("zoom_out", "Zoom out", "Smaller", ("Ctrl+-",)),
    ActionSpec("zoom_reset", "Actual size", "100 %", ("Ctrl+0",)),
    ActionSpec("fit", "Fit the network", "Show the whole network", ("F",)),
    ActionSpec("theme_system", "Follow the system", "Dark or light as the system is", checkable=True),
    ActionSpec("theme_dark", "Dark", "Light text on dark", checkable=True),
    ActionSpec("theme_light", "Light", "Dark text on light", checkable=True),
    ActionSpec("reset_layout", "Reset layout", "Put every panel back in its first place"),
    ActionSpec("train", "Train", "Train the network from fresh weights", ("Ctrl+R",)),
    ActionSpec(
        "keep_training", "Keep training", "Go on with the last run, or from the trained weights", ("Ctrl+Shift+R",)
    ),
    ActionSpec("pause", "Pause", "Hold training, or let it go on", ("Ctrl+P",)),
    ActionSpec("step", "Step", "Take one batch, then hold again", ("F10",)),
    ActionSpec("stop", "Stop", "End training and keep the weights", ("Ctrl+.",)),
    ActionSpec("learning_rate", "Learning rate…", "Change the learning rate while training", ("Ctrl+Alt+R",)),
    ActionSpec("add_to_queue", "Add to queue", "Let a run of the project wait as it is now", ("Ctrl+Shift+A",)),
    ActionSpec("show_queue", "Queue…", "The runs that wait: order them, take them out, start them"),
    ActionSpec(
        "isolate_training",
        "Isolate training",
        "Train in a process of its own: a crash, or memory running out, ends the run and not the window",
        checkable=True,
    ),
    ActionSpec(
        "notifications",
        "Notify when a run ends",
        "Tell on the desktop when a run of more than a minute has ended and another window is in front",
        checkable=True,
    ),
    ActionSpec("probe_budget", "Probing budget…", "How much of the training time looking inside may take"),
    ActionSpec("evaluate", "Evaluate", "Measure the model on the held-out images", ("Ctrl+E",)),
    ActionSpec("evaluate_test", "Evaluate on the test part", "Measure the model on the samples kept for the end"),
    ActionSpec("data_page", "Data page", "Look at the samples, split them, prepare them", ("Ctrl+Shift+E",)),
    ActionSpec("runs_page", "Runs page", "Look at all runs: sort, compare and restore them", ("Ctrl+Shift+H",)),
    ActionSpec("data_memory", "Memory for data…", "How much memory prepared samples may take"),
    ActionSpec("open_runs", "Show the run's folder", "Open the folder of the last run in the file manager"),
    ActionSpec("compare", "Compare architectures…", "Every known architecture in a table, to sort, copy and open"),
    ActionSpec("shortcuts", "Keyboard shortcuts", "What every key does", ("F1",)),
    ActionSpec("about", "About LayerLoom", "Version and licence"),
)


class Actions:
    """The actions as attributes by name: `actions["train"]`."""

    def __init__(self, parent: QObject) -> None:
        self._actions = {spec.name: self._make(spec, parent) for spec in SPECS}

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    @staticmethod
    def _make(spec: ActionSpec, parent: QObject) -> QAction:
        action = QAction(spec.text, parent)
        action.setObjectName(f"action_{spec.name}")
        action.setToolTip(f"{spec.tip} ({spec.keys[0]})" if spec.keys else spec.tip)
        action.setStatusTip(spec.tip)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        action.setCheckable(spec.checkable)
        return action


def shortcuts_text() -> str:
    """Every shortcut, one per line, for Help."""
    own = [f"{spec.keys[0]:<14}{spec.text.rstrip('…')}" for spec in SPECS if spec.keys]
    canvas = [
        f"{'Arrows':<14}Walk along the network",
        f"{'Enter':<14}Edit the selected block",
        f"{'Ctrl+wheel':<14}Zoom at the pointer",
        f"{'Middle drag':<14}Pan (or hold Space and drag)",
        f"{'Esc':<14}Cancel a drag",
        "",
        "Branches: drag from the dot below a block to another block; where that has an input already,",
        "Add or Concatenate joins the two. Drop a block beside another one to make a parallel branch.",
        "Drag a connection off a block to cut it.",
    ]
    return "\n".join(own + canvas)
