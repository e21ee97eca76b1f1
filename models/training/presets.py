"""Presets: plans under a name, those that come with LayerLoom and those that people keep in a folder."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from models.blocks.fields import first_mistake
from models.files import FileError, read_at_most, write_atomically
from models.training.freezing import frozen_but_last
from models.training.plan import DEFAULT_PLAN, TrainingPlan

FORMAT: Final = "layerloom-preset"
SUFFIX = ".json"
MAX_BYTES = 2**20
MOST_FILES = 500
_LETTERS = 60

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")
]


class PresetError(ValueError):
    """A preset that cannot be read; the text says what was found and what to do."""


class Preset(BaseModel):
    """Some fields of a plan with their values, under a name.

    Attributes:
        description: a sentence about what it is for.
        changes: values by the plan's field; all other fields stay as they are.
        freeze: which blocks it freezes; None leaves them alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    format: Literal["layerloom-preset"] = FORMAT
    version: Literal[1] = 1
    name: Name
    description: Annotated[str, Field(max_length=1000)] = ""
    changes: dict[str, Any] = Field(default_factory=dict)
    freeze: Literal["all but the last", "none"] | None = None

    @field_validator("changes")
    @classmethod
    def _fit_a_plan(cls, changes: dict[str, Any]) -> dict[str, Any]:
        """The values as a plan holds them. Blocks belong to one network and are no preset's."""
        unknown = sorted(set(changes) - set(TrainingPlan.model_fields))
        if unknown:
            raise ValueError(f'a training plan has no "{unknown[0][:100]}"')
        if "blocks" in changes:
            raise ValueError('"blocks" belong to one network; a preset cannot set them')
        try:
            plan = TrainingPlan.model_validate(changes)
        except ValidationError as error:
            raise ValueError(first_mistake(error)) from error
        return {name: getattr(plan, name) for name in changes}

    def applied(self, plan: TrainingPlan, weighty: Sequence[str] = ()) -> TrainingPlan:
        """A plan with the preset's values.

        Args:
            weighty: the network's blocks that have weights, from the input on: what is there to freeze.
        """
        changes = dict(self.changes)
        if self.freeze == "all but the last":
            changes["blocks"] = frozen_but_last(plan.blocks, weighty)
        elif self.freeze == "none":
            changes["blocks"] = ()
        return plan.replace(**changes)


def preset_of(name: str, plan: TrainingPlan, description: str = "") -> Preset:
    """A preset of a whole plan, but for its blocks, which belong to one network."""
    changes = {field: getattr(plan, field) for field in TrainingPlan.model_fields if field != "blocks"}
    return Preset(name=name, description=description, changes=changes)


def _built_in(name: str, description: str, freeze: Any = None, **changes: Any) -> Preset:
    return Preset(name=name, description=description, changes=changes, freeze=freeze)


def built_in_presets() -> tuple[Preset, ...]:
    """Those that come with LayerLoom."""
    step = {"type": "StepDecay", "factor": 0.1, "every": 30}
    cosine = {"type": "Cosine", "warmup": 3}
    return (
        _built_in(
            "First try", "Adam at 0.001 with batches of 64: learns something in almost every network.",
            optimizer={"type": "Adam"}, learning_rate=0.001, schedule={"type": "Constant"}, batch_size=64, epochs=15,
            use_ema=False, label_smoothing=0.0, clipping="none",
        ),
        _built_in(
            "Fast look", "Three epochs of large batches, one cycle: whether the network learns at all.",
            optimizer={"type": "Adam"}, learning_rate=0.003, schedule={"type": "OneCycle"}, batch_size=128, epochs=3,
        ),
        _built_in(
            "Lecture: AlexNet 2012",
            "SGD with momentum 0.9, batches of 128, weight decay 5e-4, the rate falling in steps "
            "(Krizhevsky et al. 2012).",
            optimizer={"type": "SGD", "momentum": 0.9, "weight_decay": 5e-4}, learning_rate=0.01, schedule=step,
            batch_size=128, epochs=90,
        ),
        _built_in(
            "ResNet 2015",
            "SGD from 0.1 with momentum 0.9, weight decay 1e-4, ten times slower every 30 epochs (He et al. 2015).",
            optimizer={"type": "SGD", "momentum": 0.9, "weight_decay": 1e-4}, learning_rate=0.1, schedule=step,
            batch_size=256, epochs=90,
        ),
        _built_in(
            "Modern: AdamW and cosine",
            "AdamW, cosine with warm-up, label smoothing and a running mean of the weights: how image networks are "
            "trained today.",
            optimizer={"type": "AdamW", "weight_decay": 0.05}, learning_rate=0.001, schedule=cosine, epochs=50,
            label_smoothing=0.1, use_ema=True, ema_momentum=0.999, clipping="global_clipnorm", clip=1.0,
        ),
        _built_in(
            "One cycle", "Up to a high rate and down again within one run: good results in few epochs (Smith 2018).",
            optimizer={"type": "SGD", "momentum": 0.9, "weight_decay": 5e-4}, learning_rate=0.1,
            schedule={"type": "OneCycle"}, batch_size=128, epochs=20,
        ),
        _built_in(
            "Fine-tuning", "Only the last block learns, at a low rate; the others are frozen. For trained weights.",
            "all but the last",
            optimizer={"type": "Adam"}, learning_rate=0.0001, schedule={"type": "Cosine", "warmup": 0}, epochs=10,
            early_stopping=True, patience=3, restore_best_weights=True,
        ),
        _built_in(
            "Stop by itself", "Ends when the held-out loss no longer falls, with the weights of the best epoch.",
            schedule={"type": "ReduceLROnPlateau", "factor": 0.5, "patience": 3}, epochs=200,
            monitor="held_out_loss", early_stopping=True, patience=10, restore_best_weights=True,
        ),
        _built_in(
            "Reproducible", "A fixed seed, exact arithmetic and only operations that always give the same.",
            seed=1, deterministic=True, dtype_policy="float32", jit_compile=False,
        ),
    )  # fmt: skip


# --- files ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class KeptPresets:
    """What a folder of presets holds.

    Attributes:
        presets: each with its file, by name.
        mistakes: a sentence for each file that cannot be read.
    """

    presets: tuple[tuple[Preset, Path], ...] = ()
    mistakes: tuple[str, ...] = ()


def preset_to_json(preset: Preset) -> str:
    """The text of a preset's file."""
    plan = DEFAULT_PLAN.replace(**preset.changes).model_dump(mode="json", include=set(preset.changes))
    data = {**preset.model_dump(mode="json", exclude={"changes"}), "changes": plan}
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def preset_from_json(text: str, where: str = "the file") -> Preset:
    """The preset in a file's text. Raises PresetError, which names the first mistake."""
    mend = "Mend that place in a text editor, or remove the file."
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PresetError(f"{where} is no preset: it is not valid JSON. {mend}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise PresetError(f'{where} is no preset: expected a JSON object with "format": "{FORMAT}". Remove the file.')
    try:
        return Preset.model_validate(data)
    except (ValidationError, RecursionError, UnicodeEncodeError) as error:
        said = first_mistake(error) if isinstance(error, ValidationError) else "it holds what no preset holds"
        raise PresetError(f"{where} is damaged: {said}. {mend}") from error


def read_presets(folder: Path) -> KeptPresets:
    """The presets in a folder; a file that cannot be read is told of and does no harm. No folder is no preset."""
    presets: list[tuple[Preset, Path]] = []
    mistakes: list[str] = []
    try:
        files = sorted(folder.glob(f"*{SUFFIX}"))[:MOST_FILES]
    except OSError:
        return KeptPresets()
    for path in files:
        try:
            data = read_at_most(path, MAX_BYTES + 1)
            if len(data) > MAX_BYTES:
                raise PresetError(f"{path.name} is larger than any preset. Remove the file.")
            presets.append((preset_from_json(data.decode("utf-8-sig"), path.name), path))
        except UnicodeDecodeError:
            mistakes.append(f"{path.name} is no preset: it is no text file. Remove the file.")
        except (PresetError, FileError) as error:
            mistakes.append(str(error))
    return KeptPresets(tuple(sorted(presets, key=lambda pair: pair[0].name.lower())), tuple(mistakes))


def keep_preset(folder: Path, preset: Preset) -> Path:
    """Write a preset into a folder, over one of the same name. Raises FileError."""
    kept = {other.name: path for other, path in read_presets(folder).presets}
    path = kept.get(preset.name) or _free(folder, preset.name)
    write_atomically(path, preset_to_json(preset).encode("utf-8"))
    return path


def _free(folder: Path, name: str) -> Path:
    """A file name for a preset that no other file has."""
    words = re.sub(r"[^\w-]+", "-", name).strip("-").lower()[:_LETTERS] or "preset"
    path, number = folder / f"{words}{SUFFIX}", 1
    while path.exists():
        number += 1
        path = folder / f"{words}-{number}{SUFFIX}"
    return path
