"""Settings of a plan as text, as the command line takes them: `learning_rate=0.01`, `optimizer.momentum=0.9`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from reprlib import repr as short

from pydantic import ValidationError

from models.blocks.fields import first_mistake
from models.training.optimizers import OPTIMIZERS
from models.training.plan import TrainingPlan
from models.training.presets import Preset
from models.training.schedules import SCHEDULES

EXAMPLES = "learning_rate=0.01, optimizer=SGD, optimizer.momentum=0.9 or metrics=auc,recall"
NOTHING = ("", "none", "None")


class PlanError(ValueError):
    """A setting that no plan has; the text says what was received, what was expected, and what to write."""


def with_settings(plan: TrainingPlan, settings: Iterable[str]) -> TrainingPlan:
    """A plan with settings given as `FIELD=VALUE`, one after the other. Raises PlanError."""
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise PlanError(f"Received {short(setting)}; expected FIELD=VALUE, such as {EXAMPLES}.")
        plan = _with_setting(plan, name.strip(), text.strip())
    return plan


def preset_named(name: str, presets: Sequence[Preset]) -> Preset:
    """The preset of this name, or the only one whose name begins like it; capitals do not count. Raises PlanError."""
    wanted = name.strip().lower()
    exact = [preset for preset in presets if preset.name.lower() == wanted]
    found = exact or [preset for preset in presets if wanted and preset.name.lower().startswith(wanted)]
    if len(found) == 1 or exact:
        return found[0]
    names = ", ".join(f'"{preset.name}"' for preset in found or presets)
    what = "begins the names of several presets" if found else "is no preset"
    raise PlanError(f"{short(name)} {what}; expected one of {names}.")


def _with_setting(plan: TrainingPlan, name: str, text: str) -> TrainingPlan:
    field, dot, inner = name.partition(".")
    settable = [known for known in TrainingPlan.model_fields if known != "blocks"]
    if field == "blocks":
        raise PlanError("Blocks are frozen in the window, in the project file, or by a preset such as Fine-tuning.")
    if field not in settable:
        raise PlanError(f"A training plan has no {short(field)}; {_close(field, settable)}")
    value: object
    if dot:
        value = _inside(plan, field, inner, text)
    elif field in _KINDS:
        value = _variant(field, text)
    elif field == "metrics":
        value = [part.strip() for part in text.split(",") if part.strip() and part.strip() not in NOTHING]
    else:
        optional = TrainingPlan.model_fields[field].default is None
        value = None if optional and text in NOTHING else text
    try:
        return plan.replace(**{field: value})
    except ValidationError as error:
        raise PlanError(_refused(name, text, error)) from error


_KINDS: dict[str, Iterable[str]] = {"optimizer": OPTIMIZERS, "schedule": SCHEDULES}


def _variant(field: str, text: str) -> dict[str, str]:
    """The JSON form of an optimizer or a schedule by its class's name, capitals or not, its settings as they begin."""
    named = {known.lower(): known for known in _KINDS[field]}
    if text.lower() not in named:
        raise PlanError(f"{short(text)} is no {field}; expected one of {', '.join(sorted(named.values()))}.")
    return {"type": named[text.lower()]}


def _inside(plan: TrainingPlan, field: str, inner: str, text: str) -> object:
    """The plan's optimizer or schedule with one of its own settings changed."""
    if field not in _KINDS:
        raise PlanError(f"{field} has no settings of its own; expected {field}=VALUE.")
    before = getattr(plan, field)
    known = list(type(before).model_fields)
    if inner not in known:
        has = f"it has {', '.join(known)}" if known else "it has none"
        raise PlanError(f"{before.type} has no setting {short(inner)}; {has}. Choose the {field} first.")
    try:
        return before.replace(**{inner: text})
    except ValidationError as error:
        raise PlanError(_refused(f"{field}.{inner}", text, error)) from error


def _refused(name: str, text: str, error: ValidationError) -> str:
    """`epochs cannot be 'many': input should be a valid integer.`"""
    mistake = first_mistake(error).rpartition(": ")[2].partition(", received")[0]
    return f"{name} cannot be {short(text)}: {mistake}."


def _close(name: str, known: Sequence[str]) -> str:
    """`did you mean …?`, or all that there is."""
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"it has {', '.join(known)}."
