"""The canvas: the network as cards top to bottom, and every way to rewire it with the mouse or the keyboard."""

from widgets.canvas.view import CanvasView

__all__ = ["CanvasView"]
