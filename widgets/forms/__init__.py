"""Forms generated from pydantic models: one row for each field."""

from widgets.forms.editors import make_spin_box
from widgets.forms.form import Form

__all__ = ["Form", "make_spin_box"]
