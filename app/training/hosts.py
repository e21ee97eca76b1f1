"""Where the window's engine runs, by the settings: in a thread, or in a process of its own."""

from __future__ import annotations

from functools import partial

from app.settings import Settings
from models.runtime.hosting.host import Emit, Host, ThreadHost, run_engine
from models.runtime.hosting.process_host import ProcessHost


def make_host(settings: Settings, emit: Emit) -> Host:
    """A host by `settings.isolate_training` and `settings.device`; not started yet.

    To apply a change of these: when no run is under way, `close` the host there is, then make and start another one.
    """
    if settings.isolate_training:
        return ProcessHost(emit, settings.device)
    return ThreadHost(partial(run_engine, device=settings.device), emit)
