"""The error that says why a run cannot be used."""


class RunError(ValueError):
    """A run that cannot be used; the text says what was found, what was expected and what to do."""
