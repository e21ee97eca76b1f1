"""The project file: it comes back as it was, and whatever else is opened is refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import plans
from strategies import networks

from models.data.preparation import Preparation
from models.data.sources import Digits, ImageFolder
from models.data.split import Split
from models.files import FileError
from models.network.graph import MAX_NODES
from models.network.project import (
    MAX_BYTES,
    Project,
    ProjectError,
    project_from_json,
    project_to_json,
    read_project,
    write_project,
)
from models.training.optimizers import SGD, Adam, AdamW, Optimizer
from models.training.optimizers.adam import Nadam
from models.training.optimizers.scaled import Adagrad, RMSprop
from models.training.plan import TrainingPlan
from models.zoo.lenet import lenet5

LENET = project_to_json(Project(name="LeNet", network=lenet5()))

splits = st.builds(
    Split,
    by=st.sampled_from(["shares", "folders"]),
    validation=st.floats(0, 0.9),
    test=st.floats(0, 0.9),
    seed=st.integers(0, 2**31 - 1),
)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
paths = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50)
projects = st.builds(
    Project, name=names, network=networks(), data=st.one_of(st.just(Digits()), st.builds(ImageFolder, path=paths)),
    plan=plans(), preparation=st.builds(Preparation, split=splits),
)  # fmt: skip
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


@given(projects)
def test_comes_back_as_it_was(project: Project) -> None:
    assert project_from_json(project_to_json(project)) == project


def test_comes_back_from_a_file(tmp_path: Path) -> None:
    project = Project(name="Größe 3×3", network=lenet5(), data=ImageFolder(path="/photos/äpfel"))
    path = tmp_path / "größe.loom"
    write_project(path, project)
    assert read_project(path) == project


def test_takes_a_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "notepad.loom"
    path.write_text(LENET, encoding="utf-8-sig")
    assert read_project(path).name == "LeNet"


def opened(text: str) -> Project | str:
    """What comes of opening a text: the project, or the sentence in which it is refused."""
    try:
        return project_from_json(text, "net.loom")
    except ProjectError as error:
        return str(error)


def changed(**changes: Any) -> str:
    return json.dumps({**json.loads(LENET), **changes})


def older(version: int, **plan: Any) -> str:
    """The project as a version before 3 wrote it."""
    data = json.loads(LENET)
    del data["preparation"]
    return json.dumps({**data, "version": version, "plan": {**data["plan"], **plan}})


@pytest.mark.parametrize("version", [1, 2])
@given(share=st.floats(0, 0.9), seed=st.integers(0, 2**31 - 1))
def test_what_an_older_plan_holds_out_is_held_out_by_the_split(version: int, share: float, seed: int) -> None:
    project = project_from_json(older(version, validation_split=share, seed=seed))
    assert (project.version, project.plan.seed) == (4, seed)
    assert project.preparation == Preparation(split=Split(validation=share, seed=seed))
    assert project_from_json(project_to_json(project)) == project


def test_an_older_plan_that_says_nothing_holds_out_what_it_did() -> None:
    assert project_from_json(older(2)).preparation.split == Split(validation=0.2, seed=1)


OLD_PLAN = {
    "optimizer": "adam", "learning_rate": 0.001, "momentum": 0.9, "batch_size": 64, "epochs": 15, "loss": "auto",
    "seed": 1,
}  # fmt: skip
"""A plan as every version before 4 wrote it; those before 3 had the share to hold out in it as well."""


def of_version(version: int, **plan: Any) -> str:
    """The project as it was written by a version, with an old plan."""
    data = json.loads(LENET)
    if version < 3:
        del data["preparation"]
        plan = {"validation_split": 0.3, **plan}
    if version < 2:
        del data["composites"], data["weights"]
    return json.dumps({**data, "version": version, "plan": {**OLD_PLAN, **plan}})


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("adam", Adam()), ("adamw", AdamW(weight_decay=0.004)), ("sgd", SGD(momentum=0.5)),
        ("rmsprop", RMSprop(momentum=0.5)), ("nadam", Nadam()), ("adagrad", Adagrad()),
    ],
)  # fmt: skip
def test_the_optimizer_of_an_older_plan_is_the_same_one(version: int, old: str, new: Optimizer) -> None:
    project = project_from_json(of_version(version, optimizer=old, momentum=0.5, learning_rate=0.03, epochs=7))
    assert project.version == 4
    assert project.plan == TrainingPlan(optimizer=new, learning_rate=0.03, epochs=7)
    assert project.network == lenet5()
    assert project.preparation.split.validation == (0.2 if version == 3 else 0.3)
    assert project_from_json(project_to_json(project)) == project


@pytest.mark.parametrize("version", [1, 2, 3])
def test_an_older_plan_that_says_nothing_is_trained_as_it_was(version: int) -> None:
    data = {**json.loads(of_version(version)), "plan": {}}
    assert project_from_json(json.dumps(data)).plan == TrainingPlan()
    del data["plan"]
    assert project_from_json(json.dumps(data)).plan == TrainingPlan()


@given(version=st.integers(1, 3), field=st.sampled_from([*OLD_PLAN, "validation_split"]), value=json_values)
def test_survives_any_value_in_an_older_plan(version: int, field: str, value: Any) -> None:
    came = opened(of_version(version, **{field: value}))
    assert isinstance(came, Project) or came.startswith("net.loom ")


def with_nodes(*nodes: dict[str, Any]) -> str:
    return changed(network={"nodes": [{"inputs": [], "block": {"type": "Flatten"}, **node} for node in nodes]})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not valid JSON"),
        (LENET[: len(LENET) // 2], "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        (LENET.replace('"version": 4', '"version": ' + "1" * 5000), "not valid JSON"),
        ("null", 'expected a JSON object with "format"'),
        ("[1, 2]", 'expected a JSON object with "format"'),
        ('{"class_name": "Functional"}', 'expected a JSON object with "format"'),
        (changed(version=5), "saved by a newer LayerLoom (file version 5; this one reads 4). Update LayerLoom."),
        (changed(version="1"), "version: input should be 4, received '1'"),
        (changed(wheels=4), "wheels: extra inputs are not permitted"),
        (changed(plan={"learning_rate": float("nan")}), "plan → learning_rate: "),
        (changed(plan={"epochs": 0}), "plan → epochs: input should be greater than or equal to 1, received 0"),
        (changed(data={"kind": "cloud"}), "data: "),
        (older(2, validation_split="many"), "preparation → split → validation: "),
        (of_version(3, optimizer="adan"), 'plan → optimizer: unknown optimizer "adan"; this version knows Nadam, Adam'),
        (of_version(3, optimizer=3), 'plan → optimizer: an optimizer is an object with a "type"'),
        (of_version(1, optimizer="sgd", momentum=1), "plan → optimizer: SGD, momentum: input should be less than 1"),
        (older(2, wheels=4), "plan → wheels: extra inputs are not permitted"),
        (changed(name="\ud800"), "name: "),
        (with_nodes({"id": "a", "block": {"type": "\ud800"}}), "half of a sign"),
        (with_nodes({"id": "a", "inputs": [["\ud800", 0]]}), "half of a sign"),
        (with_nodes({"id": "a"}, {"id": "a"}), 'network: two nodes have the id "a"'),
        (with_nodes({"id": "a", "inputs": [["b", 0]]}, {"id": "b", "inputs": [["a", 0]]}), "(missing, or a cycle)"),
        (with_nodes({"id": "a", "inputs": [["a", 0]]}), "(missing, or a cycle)"),
        (with_nodes({"id": "a"}, {"id": "b", "inputs": [["a", 1]]}), 'output 1 of "a", which has 1, counted from 0'),
        (with_nodes({"id": "a"}, {"id": "b", "inputs": [["a", -1]]}), 'output -1 of "a", which has 1, counted from 0'),
        (with_nodes({"id": "9/a"}), "network → nodes → 0 → id: string should match"),
        (with_nodes({"id": "a", "block": {"type": "Warp"}}), 'unknown block type "Warp"; this version knows none'),
        (with_nodes({"id": "a", "block": {"type": "Conv2d"}}), 'unknown block type "Conv2d"; this version knows Conv'),
        (
            with_nodes({"id": "a", "block": {"type": "Conv2D", "filters": "many"}}),
            "network → nodes → 0 → block: Conv2D, filters: input should be a valid integer",
        ),
        (
            changed(network={"nodes": [{"id": f"n{i}", "block": {"type": "Flatten"}} for i in range(MAX_NODES + 1)]}),
            "network → nodes: tuple should have at most 20000 items",
        ),
    ],
)  # fmt: skip
def test_says_what_is_wrong_with_a_file(text: str, says: str) -> None:
    message = opened(text)
    assert isinstance(message, str)
    assert message.startswith("net.loom ")
    assert says in message
    assert "pydantic" not in message
    assert "\n" not in message
    assert message.endswith(".")
    assert len(message) < 700


@given(st.data())
def test_survives_any_damage_to_the_text(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(LENET)))
    end = data.draw(st.integers(start, min(start + 40, len(LENET))))
    came = opened(LENET[:start] + data.draw(st.text(max_size=8)) + LENET[end:])
    assert isinstance(came, Project) or came.encode("utf-8")


@given(st.data())
def test_survives_any_value_in_any_place(data: st.DataObject) -> None:
    content = json.loads(LENET)
    place: Any = content
    while True:
        keys = list(range(len(place))) if isinstance(place, list) else list(place)
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.integers(0, 3)) == 0:
            break
        place = place[key]
    place[key] = data.draw(json_values)
    came = opened(json.dumps(content))
    assert isinstance(came, Project) or came.encode("utf-8")


@given(st.binary(max_size=200))
def test_survives_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.loom"
    path.write_bytes(data)
    with pytest.raises(ProjectError, match=r"bytes\.loom"):
        read_project(path)


def test_refuses_a_file_larger_than_any_project(tmp_path: Path) -> None:
    path = tmp_path / "film.loom"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ProjectError, match=r"larger than any LayerLoom project \(64 MB\)"):
        read_project(path)


def test_says_when_there_is_no_file_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no such file"):
        read_project(tmp_path / "nothing.loom")
    with pytest.raises(FileError, match="that is a folder"):
        read_project(tmp_path)
