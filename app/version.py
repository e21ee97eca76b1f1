"""The version of LayerLoom, and what About says."""

from __future__ import annotations


def layerloom_version() -> str:
    """The installed version; `unknown` when run from a copy that is not installed."""
    from importlib.metadata import PackageNotFoundError, version  # imports a mail parser: not at every start

    try:
        return version("layerloom")
    except PackageNotFoundError:
        return "unknown"


def about_text() -> str:
    """What LayerLoom is, under which licence, and what it does with your data."""
    return (
        f"Version {layerloom_version()}. Design, train and see inside convolutional networks.\n\n"
        "MIT licence. Built with Keras, TensorFlow, Qt for Python (LGPL) and pyqtgraph.\n\n"
        "Nothing leaves your machine: LayerLoom has no telemetry and opens no network connection."
    )
