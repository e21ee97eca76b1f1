"""Every edit that a rule offers can be made to any network, and leaves a network without problems."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from made_runs import run

from models.analysis import analyse
from models.data.preparation import Preparation
from models.data.steps.preprocessing import Resize
from models.network.graph import Network
from models.network.project import Project, project_from_json, project_to_json
from models.training.diagnosis import RULES, Evidence, Structure, offers
from models.training.events import BlockMeasured
from models.training.plan import TrainingPlan
from models.training.remedies import Remedy
from models.zoo import TEMPLATES

PLANS = (
    TrainingPlan(learning_rate=1.0, batch_size=2),
    TrainingPlan(learning_rate=1e-7, batch_size=4096, optimizer={"type": "AdamW", "weight_decay": 0.1}),  # type: ignore[arg-type]
    TrainingPlan(optimizer={"type": "SGD", "weight_decay": 0.05}, learning_rate=0.5, clipping="clipvalue"),  # type: ignore[arg-type]
)


def all_remedies(evidence: Evidence) -> Iterator[Remedy]:
    """What any rule could offer for this network and plan, whether its finding is there or not."""
    kernels = evidence.structure.kernels
    layers = [node.id for node in evidence.structure.layers.nodes]
    for rule in RULES.values():
        made = getattr(rule(), "_remedies", None)
        if made is not None:
            arguments = {1: (), 2: (3.0,)}[made.__code__.co_argcount - 1]
            yield from made(evidence, *arguments)
    for offered in (
        offers.leak(evidence, layers), offers.activate_with(evidence, layers, "relu", "ReLU"),
        offers.raise_rate(evidence),
        offers.start_as(evidence, kernels, "he_normal", "He's initial weights"), offers.balance_classes(evidence),
        RULES["SmallBatch"]()._by_group(evidence), offers.drop_out(evidence), offers.augment(evidence),
    ):  # fmt: skip
        if offered is not None:
            yield offered


def worst(network: Network, plan: TrainingPlan) -> Evidence:
    """A run in which about everything is measured that can be wrong."""
    structure = Structure(network)
    block = BlockMeasured(1.0, 1.0, 1e-7, dead_share=1.0, saturated_share=1.0)
    measured = {node.id: block for node in structure.layers.nodes}
    measured[structure.kernels[0]] = BlockMeasured(1.0, 0.0, 1e-7, dead_share=1.0)
    return run(
        [2.3, 2.2, *[2.1] * 10], network=network, plan=plan, measured=[measured] * 3,
        gradient_norms=np.geomspace(0.1, 1e5, 12 * 23).tolist(), held_out_losses=[1.0, *np.linspace(2, 5, 11).tolist()],
        preparation=Preparation(preprocessing=(Resize(),)), leaked=("a",),
    )  # fmt: skip


@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_remedies_can_be_made_to_every_architecture(key: str) -> None:
    network = TEMPLATES[key].network()
    before = analyse(network)
    for plan in PLANS[: 1 if len(network) > 100 else 3]:
        project = Project(network=network, plan=plan, preparation=Preparation(preprocessing=(Resize(),)))
        evidence = worst(network, plan)
        found = [finding for rule in RULES.values() if (finding := rule().find(evidence)) is not None]
        offered = {*all_remedies(evidence), *(remedy for finding in found for remedy in finding.remedies)}
        assert len(found) >= 3
        assert len(offered) >= 5
        for remedy in offered:
            after = remedy.applied(project)
            assert after != project or remedy.trains, remedy
            assert analyse(after.network, before=before).problems == (), remedy
            assert len(remedy.text) < 60, remedy.text


@pytest.mark.parametrize(("key", "number"), list(product(["lenet5", "small_cnn"], range(3))))
def test_a_project_with_a_remedy_can_be_saved(key: str, number: int) -> None:
    network, plan = TEMPLATES[key].network(), PLANS[number]
    project = Project(network=network, plan=plan)
    for remedy in all_remedies(worst(network, plan)):
        after = remedy.applied(project)
        assert project_from_json(project_to_json(after)) == after


@pytest.mark.parametrize(
    ("value", "expected"), [(0.00034, 0.0003), (0.0001, 0.0001), (9.6, 10.0), (0.0199, 0.02), (7, 5), (1e-12, 1e-12)]
)
def test_nice_numbers(value: float, expected: float) -> None:
    assert offers.nice(value) == expected


def test_dropout_goes_before_the_block_that_makes_the_scores_and_grows_with_every_remedy() -> None:
    project, rates = Project(network=TEMPLATES["lenet5"].network()), []
    for _ in range(5):
        remedy = offers.drop_out(worst(project.network, project.plan))
        if remedy is None:
            break
        project = remedy.applied(project)
        rates += [node.block.rate for node in project.network.nodes if node.block.type == "Dropout"]  # type: ignore[attr-defined]
    assert rates == [0.3, 0.45, 0.6]
    order = [node.block.type for node in project.network.nodes]
    assert order[-3:] == ["Dense", "Dropout", "Dense"]
