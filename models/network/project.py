"""The project: one value that holds all that is saved, and the `.loom` file it is saved in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from models.blocks.composite import Group
from models.blocks.fields import first_mistake
from models.data.preparation import Preparation
from models.data.sources import DataSource, Digits
from models.files import read_at_most, write_atomically
from models.network.graph import Network
from models.training.plan import TrainingPlan

FORMAT: Final = "layerloom-project"
VERSION: Final = 4
SUFFIX = ".loom"
MAX_BYTES = 64 * 1024 * 1024


class ProjectError(ValueError):
    """A project file that cannot be opened; the text says what was found and what to do."""


class StoredWeights(BaseModel):
    """Weights that a project starts with, in a `.npz` file: `<layer>/<index>`, layers by their ids once expanded."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    path: Annotated[str, Field(min_length=1, max_length=4096)]
    """Relative to the project file, or absolute; the separator is `/`."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Project(BaseModel):
    """A network with the data set and the plan it is trained with.

    Attributes:
        composites: the user's own composite blocks, as the palette offers them.
        weights: what the network starts with instead of fresh weights, for a model that was imported.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    format: Literal["layerloom-project"] = FORMAT
    version: Literal[4] = VERSION
    name: Annotated[str, Field(max_length=200)] = "untitled"
    network: Network = Network()
    data: DataSource = Digits()
    preparation: Preparation = Preparation()
    plan: TrainingPlan = TrainingPlan()
    composites: Annotated[tuple[Group, ...], Field(max_length=1000)] = ()
    weights: StoredWeights | None = None

    def replace(self, **changes: object) -> Project:
        """A copy with some fields changed, validated."""
        return Project.model_validate({**dict(self), **changes})


def name_of(path: Path) -> str:
    """What a project is called that is made from a file or is saved as one, whatever signs its name has."""
    return path.stem.encode("utf-8", "replace").decode()[:200]


def project_to_json(project: Project) -> str:
    """The text of a `.loom` file."""
    return json.dumps(project.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


def project_from_json(text: str, where: str = "the file") -> Project:
    """The project in a `.loom` file's text. Raises ProjectError, which names the place of the first mistake."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError also for a number of thousands of digits
        raise ProjectError(
            f"{where} is damaged or not a LayerLoom project: it is not valid JSON ({error}). "
            "Open another copy, or the autosaved one if LayerLoom offers it."
        ) from error
    current = _brought_up_to_date(data, where)
    try:
        return Project.model_validate(current)
    except RecursionError as error:
        raise ProjectError(f"{where} is damaged: it is nested deeper than any project. Open another copy.") from error
    except UnicodeEncodeError as error:  # of a sentence about it
        raise ProjectError(
            f"{where} is damaged: it holds half of a sign ({error.object[error.start]!a}), where text was "
            "expected. Open another copy."
        ) from error
    except ValidationError as error:
        raise ProjectError(
            f"{where} is damaged: {first_mistake(error)}. Mend that place in a text editor, or open another copy."
        ) from error


def _brought_up_to_date(data: object, where: str) -> dict[str, Any]:
    """A project's data in the present version. Version 1 had neither composites nor weights."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ProjectError(
            f'{where} is not a LayerLoom project: expected a JSON object with "format": "{FORMAT}". '
            f"Choose a file that LayerLoom saved ({SUFFIX})."
        )
    version = data.get("version", VERSION)
    if type(version) is not int:  # 2.0 equals a version, and is none
        raise ProjectError(
            f"{where} is damaged: version: input should be {VERSION}, received {repr(version)[:50]}. "
            "Mend that place in a text editor, or open another copy."
        )
    if version > VERSION:
        raise ProjectError(
            f"{where} was saved by a newer LayerLoom (file version {version}; this one reads {VERSION}). "
            "Update LayerLoom."
        )
    if version in (1, 2):
        data = _with_split(data)
    return _with_optimizer(data) if version in (1, 2, 3) else data


def _with_split(data: dict[str, Any]) -> dict[str, Any]:
    """A project of version 1 or 2: its plan said what is held out, and one seed stood for training and hold-out."""
    plan = dict(data["plan"]) if isinstance(data.get("plan"), dict) else {}
    split = {"validation": plan.pop("validation_split", 0.2), "seed": plan.get("seed", 1)}
    return {**data, "version": 3, "plan": plan, "preparation": {"split": split}}


_OLD_OPTIMIZERS = {
    "adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop", "nadam": "Nadam", "adagrad": "Adagrad",
}  # fmt: skip


def _with_optimizer(data: dict[str, Any]) -> dict[str, Any]:
    """A project of version 3: its plan named the optimizer, and one momentum was for SGD and RMSprop."""
    plan = dict(data["plan"]) if isinstance(data.get("plan"), dict) else {}
    momentum, name = plan.pop("momentum", 0.9), plan.get("optimizer", "adam")
    if isinstance(name, str):
        settings = {"momentum": momentum} if name in ("sgd", "rmsprop") else {}
        plan["optimizer"] = {"type": _OLD_OPTIMIZERS.get(name, name), **settings}
    return {**data, "version": VERSION, "plan": plan}


def read_project(path: Path) -> Project:
    """Read a `.loom` file. Raises ProjectError or FileError with a readable text."""
    data = read_at_most(path, MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ProjectError(
            f"{path.name} is larger than any LayerLoom project ({MAX_BYTES // 2**20} MB). Choose another file."
        )
    try:
        text = data.decode("utf-8-sig")  # some editors put a byte order mark first
    except UnicodeDecodeError as error:
        raise ProjectError(
            f"{path.name} is not a LayerLoom project: it is no text file. Choose a {SUFFIX} file."
        ) from error
    return project_from_json(text, path.name)


def write_project(path: Path, project: Project) -> None:
    """Write a `.loom` file atomically; FileError with a readable text when that fails."""
    write_atomically(path, project_to_json(project).encode("utf-8"))
