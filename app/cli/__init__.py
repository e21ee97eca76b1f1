"""The command line. Neither Qt nor TensorFlow is imported before a command needs it."""

from app.cli.application import main

__all__ = ["main"]
