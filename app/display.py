"""Whether a window can be shown. Qt itself ends the process with an abort where it cannot, so it is asked before."""

from __future__ import annotations

import ctypes
import os
import sys

WITHOUT_DISPLAY = frozenset({"offscreen", "minimal", "minimalegl", "vnc", "linuxfb", "eglfs", "vkkhrdisplay"})
"""Qt platforms that draw elsewhere than on a desktop's display."""

WHAT_TO_DO = (
    "Start LayerLoom from a desktop session or through `ssh -X`, or work without a window: "
    "`layerloom train`, `layerloom export` and `layerloom demo` need none."
)


def has_display() -> bool:
    """Whether Qt can open a window that someone sees."""
    return _platform() not in WITHOUT_DISPLAY and why_no_display() is None


def why_no_display() -> str | None:
    """One or two sentences on why no window can be shown and what to do; None when one can."""
    if sys.platform in ("win32", "darwin") or _platform() in WITHOUT_DISPLAY or _wayland_answers():
        return None
    display = os.environ.get("DISPLAY")
    if not display:
        return f"There is no display: neither DISPLAY nor WAYLAND_DISPLAY leads to one. {WHAT_TO_DO}"
    if not _x11_answers():
        return f"The display {display} does not answer, or refuses this user. {WHAT_TO_DO}"
    if _library("libxcb-cursor.so.0") is None:
        return "Qt needs the system library libxcb-cursor to show windows. Install the package libxcb-cursor0."
    return None


def _platform() -> str:
    return os.environ.get("QT_QPA_PLATFORM", "").split(":")[0]


def _library(name: str) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None


def _wayland_answers() -> bool:
    library = _library("libwayland-client.so.0") if os.environ.get("WAYLAND_DISPLAY") else None
    if library is None:
        return False
    library.wl_display_connect.restype = ctypes.c_void_p
    connection = library.wl_display_connect(None)
    if not connection:
        return False
    library.wl_display_disconnect(ctypes.c_void_p(connection))
    return True


def _x11_answers() -> bool:
    """Whether the X server of DISPLAY takes a connection, authorization included."""
    library = _library("libxcb.so.1")
    if library is None:
        return False
    library.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(library.xcb_connect(None, None))
    refused = library.xcb_connection_has_error(connection)
    library.xcb_disconnect(connection)
    return not refused
