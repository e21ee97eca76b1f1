"""Training in the window: the engine's host, control, queue, and the presenters that show what it tells."""
