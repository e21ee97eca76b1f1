"""Loading TensorFlow beside a window: in small pieces, between which the window's thread can go on.

While Python loads a library or collects garbage, no other thread of the process runs. Two things take long there, and
neither has to be done so: TensorFlow's shared libraries (a gigabyte that is tied together), and collections of garbage
that look at all of its half a million objects again and again, of which next to none is garbage.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from models.runtime.quiet import quiet_stderr

LIBRARIES = ("libtensorflow_framework.*", "libtensorflow_cc.*", "python/_pywrap_tensorflow_internal.so")
"""TensorFlow's shared libraries, in the order in which they need one another."""

WANTED_MEANWHILE = ("numpy.random", "PIL.Image", "sqlite3", "zlib", "unicodedata")
"""Extension modules that whoever looks at data and designs may import at any moment: another library could not be
loaded before TensorFlow's are."""


@contextmanager
def loading() -> Iterator[None]:
    """Inside, TensorFlow is imported, without its chatter; what it made is never looked at by garbage collections."""
    if "tensorflow" in sys.modules:
        with quiet_stderr():
            yield
        return
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        with quiet_stderr():
            _preload()
            yield
        gc.freeze()
    finally:
        if was_enabled:
            gc.enable()


def _preload() -> None:
    """Have the system load TensorFlow's libraries while Python goes on; the import then finds them there.

    Where that cannot be, as on Windows, the import loads them, as it would have.
    """
    if os.name != "posix":
        return
    with suppress(Exception):  # whatever is wrong with them, the import says better
        for name in WANTED_MEANWHILE:
            import_module(name)
        found = find_spec("tensorflow")
        open_library = ctypes.CDLL(None).dlopen  # calls of ctypes let other threads run; Python's own loading does not
        open_library.argtypes, open_library.restype = [ctypes.c_char_p, ctypes.c_int], ctypes.c_void_p
        folder = Path(str(found.origin if found is not None else "")).parent
        for pattern in LIBRARIES:
            for library in sorted(folder.glob(pattern)):
                open_library(os.fsencode(library), os.RTLD_NOW | os.RTLD_LOCAL)
