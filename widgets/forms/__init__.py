"""Forms generated from pydantic models: one row for each field."""

from widgets.forms.form import Form

__all__ = ["Form"]
