"""The inspector: the selected block, the network and the training plan."""

from widgets.inspector.inspector import Inspector

__all__ = ["Inspector"]
