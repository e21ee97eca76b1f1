"""Presets: they change what they name, come back from their files, and a damaged file does no harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import plans

from models.training.freezing import frozen_but_last, frozen_nodes
from models.training.plan import DEFAULT_PLAN, BlockRule, TrainingPlan
from models.training.presets import (
    Preset,
    PresetError,
    built_in_presets,
    keep_preset,
    preset_from_json,
    preset_of,
    preset_to_json,
    read_presets,
)

BUILT_IN = built_in_presets()
by_name = pytest.mark.parametrize("preset", BUILT_IN, ids=lambda preset: preset.name)
names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)


@by_name
@settings(max_examples=10)
@given(plan=plans())
def test_a_preset_changes_the_fields_it_names_and_no_other(preset: Preset, plan: TrainingPlan) -> None:
    after = preset.applied(plan, ["conv2d", "dense"])
    named = {*preset.changes, *(("blocks",) if preset.freeze else ())}
    for field in TrainingPlan.model_fields:
        if field not in named:
            assert getattr(after, field) == getattr(plan, field), field
    assert preset.applied(after, ["conv2d", "dense"]) == after


@by_name
def test_a_preset_says_what_it_is_for(preset: Preset) -> None:
    assert preset.description.endswith(".")
    assert preset.changes


def test_names_of_presets_are_told_apart() -> None:
    assert len({preset.name.lower() for preset in BUILT_IN}) == len(BUILT_IN)


def test_the_lecture_is_as_it_was_given() -> None:
    preset = next(preset for preset in BUILT_IN if "AlexNet" in preset.name)
    plan = preset.applied(DEFAULT_PLAN)
    optimizer = plan.optimizer
    assert (optimizer.type, optimizer.momentum, optimizer.weight_decay) == ("SGD", 0.9, 5e-4)
    assert (plan.batch_size, plan.schedule.type) == (128, "StepDecay")


def test_fine_tuning_freezes_all_but_the_last_block() -> None:
    preset = next(preset for preset in BUILT_IN if preset.freeze)
    plan = preset.applied(DEFAULT_PLAN, ["a", "b", "c"])
    assert frozen_nodes(plan.blocks) == {"a", "b"}
    assert frozen_nodes(preset.applied(DEFAULT_PLAN, []).blocks) == frozenset()


@by_name
def test_comes_back_from_json(preset: Preset) -> None:
    assert preset_from_json(preset_to_json(preset)) == preset


@settings(max_examples=40)
@given(plan=plans(), name=names)
def test_a_plan_kept_as_a_preset_comes_back_but_for_its_blocks(plan: TrainingPlan, name: str) -> None:
    preset = preset_from_json(preset_to_json(preset_of(name, plan)))
    assert preset.applied(DEFAULT_PLAN) == plan.replace(blocks=())


@settings(max_examples=20)
@given(plan=plans())
def test_a_preset_leaves_the_blocks_of_another_network_alone(plan: TrainingPlan) -> None:
    rule = BlockRule(node="x", trainable=False)
    assert preset_of("mine", plan).applied(DEFAULT_PLAN.with_rule(rule)).blocks == (rule,)


def changed(**changes: object) -> str:
    return json.dumps({**json.loads(preset_to_json(BUILT_IN[0])), **changes})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", 'expected a JSON object with "format"'),
        (json.dumps({"format": "layerloom-project"}), 'expected a JSON object with "format"'),
        (changed(version=2), "version: "),
        (changed(name=""), "name: "),
        (changed(wheels=1), "wheels: extra inputs"),
        (changed(changes={"wheels": 1}), 'a training plan has no "wheels"'),
        (changed(changes={"epochs": 0}), "epochs: input should be greater than or equal to 1, received 0"),
        (changed(changes={"blocks": []}), '"blocks" belong to one network'),
        (changed(changes={"optimizer": {"type": "Adan"}}), 'unknown optimizer "Adan"'),
        (changed(freeze="most"), "freeze: "),
    ],
)
def test_says_what_is_wrong_with_a_preset(text: str, says: str) -> None:
    with pytest.raises(PresetError) as caught:
        preset_from_json(text, "mine.json")
    message = str(caught.value)
    assert message.startswith("mine.json ")
    assert says in message
    assert "\n" not in message
    assert message.endswith(".")


@given(st.binary(max_size=200))
def test_survives_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "presets-bytes"
    folder.mkdir(exist_ok=True)
    (folder / "x.json").write_bytes(data)
    kept = read_presets(folder)
    assert kept.presets == ()
    assert len(kept.mistakes) == 1


def test_a_damaged_file_does_not_hide_the_others(tmp_path: Path) -> None:
    keep_preset(tmp_path, preset_of("Zebra", DEFAULT_PLAN))
    keep_preset(tmp_path, preset_of("ant", DEFAULT_PLAN))
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "notes.txt").write_text("not a preset")
    kept = read_presets(tmp_path)
    assert [preset.name for preset, _path in kept.presets] == ["ant", "Zebra"]
    assert [mistake.split(" ")[0] for mistake in kept.mistakes] == ["broken.json"]


def test_no_folder_holds_no_presets(tmp_path: Path) -> None:
    assert read_presets(tmp_path / "nothing").presets == ()


def test_the_same_name_is_the_same_preset(tmp_path: Path) -> None:
    first = keep_preset(tmp_path, preset_of("Mine", DEFAULT_PLAN))
    assert keep_preset(tmp_path, preset_of("Mine", DEFAULT_PLAN.replace(epochs=3))) == first
    (kept, _path), *others = read_presets(tmp_path).presets
    assert kept.changes["epochs"] == 3
    assert not others


@settings(max_examples=20)
@given(chosen=st.lists(names, unique_by=str.strip, min_size=1, max_size=4))
def test_any_names_can_be_kept_beside_one_another(tmp_path_factory: pytest.TempPathFactory, chosen: list[str]) -> None:
    folder = tmp_path_factory.mktemp("presets")
    for name in chosen:
        keep_preset(folder, preset_of(name, DEFAULT_PLAN))
    assert {preset.name for preset, _path in read_presets(folder).presets} == set(chosen)


@given(
    weighty=st.lists(st.sampled_from("abcdef"), unique=True, max_size=6),
    factors=st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from([0.1, 1.0, 3.0])),
)
def test_freezing_all_but_the_last_keeps_factors(weighty: list[str], factors: dict[str, float]) -> None:
    rules = tuple(BlockRule(node=node, learning_rate_factor=factor) for node, factor in factors.items())
    frozen = frozen_but_last(rules, weighty)
    plan = DEFAULT_PLAN.replace(blocks=frozen)
    assert frozen_nodes(frozen) == set(weighty[:-1])
    for node in "abcdefgh":
        assert plan.rule(node).learning_rate_factor == factors.get(node, 1.0)
    assert not any(rule.says_nothing for rule in frozen)
    assert frozen_but_last(frozen, weighty) == frozen
