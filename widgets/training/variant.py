"""`VariantEditor`: chooses one of a registry's classes and edits its fields, such as those of an optimizer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from models.training.optimizers import OPTIMIZERS, Optimizer
from models.training.plan import DEFAULT_PLAN, TrainingPlan
from models.training.schedules import SCHEDULES, Constant, Schedule
from widgets.forms import Form
from widgets.forms.editors import Editor
from widgets.forms.form import GUTTER, ROW_HEIGHT, WIDE_NAME_WIDTH, reset_button
from widgets.inspector.parts import clear, label
from widgets.theme import monospace, set_property

Variant = Optimizer | Schedule
RARE = frozenset({"beta_1", "beta_2", "epsilon", "amsgrad", "rho", "centered", "initial_accumulator_value"})
"""Settings that are hardly ever changed: they stand behind a button until one is."""


class VariantEditor(QWidget):
    """A choice of classes, the chosen one's sentence, and a form of its fields.

    What two classes both have is taken along from one to the other where it was set.

    Args:
        field: the plan's field that this edits.
        kinds: the classes to choose from, each with what it is called.

    Signals:
        edited(value, session): as of a form.
    """

    edited = Signal(object, str)

    def __init__(
        self, field: str, kinds: Sequence[tuple[type[Variant], str]], value: Variant, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._field, self._value = field, value
        self._kinds = [kind for kind, _title in kinds]
        self.forms: tuple[Form, ...] = ()
        self.combo = self._make_combo([title for _kind, title in kinds])
        self._name = QLabel(field)
        self._name.setFont(monospace(11))
        self._name.setBuddy(self.combo)
        self._summary = label(role="dim")
        self._form_holder = QWidget()
        self._form_column = QVBoxLayout(self._form_holder)
        self._form_column.setContentsMargins(0, 0, 0, 0)
        self._form_column.setSpacing(3)
        self.more_button: QPushButton | None = None
        default = getattr(DEFAULT_PLAN, field)
        self._reset = reset_button(f"Put {field} back to {_title_of(default)}")
        self._reset.clicked.connect(lambda: self._take(default, f"{field} reset"))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(0)
        grid.setVerticalSpacing(3)
        grid.setColumnMinimumWidth(0, GUTTER)
        grid.setColumnMinimumWidth(1, WIDE_NAME_WIDTH + 12)
        grid.setColumnStretch(2, 1)
        grid.addWidget(self._reset, 0, 0)
        grid.addWidget(self._name, 0, 1)
        grid.addWidget(self.combo, 0, 2)
        grid.addWidget(self._summary, 1, 1, 1, 2)
        grid.addWidget(self._form_holder, 2, 0, 1, 3)
        self._show(anew=True)

    @property
    def value(self) -> Variant:
        return self._value

    def set_value(self, value: Variant) -> None:
        """Show another value."""
        if value != self._value:
            anew = type(value) is not type(self._value)
            self._value = value
            self._show(anew)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the wheel for scrolling the panel."""
        if event.type() == QEvent.Type.Wheel and not self.combo.hasFocus():
            event.ignore()
            return True
        return False

    def _make_combo(self, titles: Sequence[str]) -> QComboBox:
        combo = QComboBox()
        if self._field == "optimizer":  # those are names of classes, schedules have titles
            combo.setFont(monospace(12))
        else:
            combo.setStyleSheet("QComboBox { font-size: 11px; padding-right: 0; }")
        combo.setFixedHeight(ROW_HEIGHT)
        combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        combo.setMinimumContentsLength(5)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setAccessibleName(self._field)
        combo.installEventFilter(self)
        for title, kind in zip(titles, self._kinds, strict=True):
            combo.addItem(title)
            combo.setItemData(combo.count() - 1, summary_of(kind), Qt.ItemDataRole.ToolTipRole)
        combo.view().setMinimumWidth(combo.view().sizeHintForColumn(0) + 24)
        combo.currentIndexChanged.connect(self._choose)
        return combo

    def _choose(self, index: int) -> None:
        kind = self._kinds[index]
        self._take(carried_over(self._value, kind), f"{self._field} class {kind.__name__}")

    def _take(self, value: Variant, session: str) -> None:
        if value != self._value:
            self.set_value(value)
            self.edited.emit(value, session)

    def _take_field(self, name: str, value: object, session: str) -> None:
        self._value = self._value.replace(**{name: value})
        self._show_values()
        self.edited.emit(self._value, f"{self._field} {session}")

    def editor(self, name: str) -> Editor:
        """The editor of one of the value's fields."""
        return next(form for form in self.forms if form.has_field(name)).editor(name)

    def _show(self, anew: bool) -> None:
        with QSignalBlocker(self.combo):
            self.combo.setCurrentIndex(self._kinds.index(type(self._value)))
        if anew:
            self._make_forms()
        self._show_values()

    def _show_values(self) -> None:
        for form in self.forms:
            form.set_model(self._value)
        if self.more_button is not None and self._has_rare_settings():
            self._set_more(True)
        self._mark_changed()

    def _make_forms(self) -> None:
        kind = type(self._value)
        help_text = TrainingPlan.model_fields[self._field].description or ""
        self._summary.setText(summary_of(kind))
        for widget in (self.combo, self._name):
            widget.setToolTip(f"{help_text}\n{kind.__name__}: {summary_of(kind)}")
        self.combo.setAccessibleDescription(f"{help_text} {summary_of(kind)}")
        clear(self._form_column)
        self.more_button = None
        fields = fields_of(kind)
        usual, rare = ([name for name in fields if (name in RARE) is wanted] for wanted in (False, True))
        self.forms = tuple(self._make_form(names) for names in (usual, rare) if names)
        self._form_holder.setVisible(bool(fields))
        if rare:
            self._add_more_button(rare)

    def _make_form(self, names: Sequence[str]) -> Form:
        form = Form(self._value, fields=names, defaults=type(self._value)())
        form.edited.connect(self._take_field)
        self._form_column.addWidget(form)
        return form

    def _add_more_button(self, rare: Sequence[str]) -> None:
        button = self.more_button = QPushButton()
        button.setObjectName(f"{self._field}MoreButton")
        button.setProperty("role", "more")
        button.setToolTip(f"Settings that are seldom changed: {', '.join(rare)}")
        button.clicked.connect(lambda: self._set_more(self.forms[-1].isHidden()))
        row = QHBoxLayout()
        row.setContentsMargins(GUTTER, 0, 0, 0)
        row.addWidget(button)
        row.addStretch(1)
        holder = QWidget()
        holder.setLayout(row)
        self._form_column.insertWidget(self._form_column.count() - 1, holder)
        self._set_more(self._has_rare_settings())

    def _set_more(self, shown: bool) -> None:
        assert self.more_button is not None
        self.forms[-1].setVisible(shown)
        self.more_button.setText("▾  fewer settings" if shown else "▸  more settings")

    def _has_rare_settings(self) -> bool:
        begun = type(self._value)()
        return any(
            getattr(self._value, name) != getattr(begun, name) for name in fields_of(type(begun)) if name in RARE
        )

    def _mark_changed(self) -> None:
        changed = type(self._value) is not type(getattr(DEFAULT_PLAN, self._field))
        self._reset.setVisible(changed)
        set_property(self._name, "role", "changed" if changed else "dim")


def optimizer_editor(value: Optimizer) -> VariantEditor:
    """The editor of a plan's optimizer: the default first, the others by name."""
    return VariantEditor("optimizer", _ordered(OPTIMIZERS.values(), type(DEFAULT_PLAN.optimizer)), value)


def schedule_editor(value: Schedule) -> VariantEditor:
    """The editor of a plan's schedule: the constant one first, the others by name."""
    return VariantEditor("schedule", _ordered(SCHEDULES.values(), Constant), value)


def carried_over(value: Variant, kind: type[Variant]) -> Variant:
    """A value of another class, with the settings that both have where they differ from the first one's defaults."""
    before = type(value)()
    names = set(type(value).model_fields) & set(kind.model_fields)
    kept = {name: getattr(value, name) for name in names if getattr(value, name) != getattr(before, name)}
    try:
        return kind().replace(**kept)
    except ValueError:  # the same name within other bounds
        return kind()


def fields_of(kind: type[Variant]) -> tuple[str, ...]:
    """Its fields: its own first, then those that all share."""
    shared = set(Optimizer.model_fields)
    return tuple(sorted(kind.model_fields, key=lambda name: name in shared))


def summary_of(kind: type[Variant]) -> str:
    """One plain sentence: the class's docstring."""
    return (kind.__doc__ or "").strip().split("\n")[0]


def _ordered(kinds: Iterable[type[Variant]], first: type[Variant]) -> list[tuple[type[Variant], str]]:
    ordered = sorted(kinds, key=lambda kind: (kind is not first, _title(kind).lower()))
    return [(kind, _title(kind)) for kind in ordered]


def _title(kind: type[Variant]) -> str:
    return kind.title if issubclass(kind, Schedule) else kind.__name__


def _title_of(value: Variant) -> str:
    return _title(type(value))
