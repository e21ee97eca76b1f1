"""`layerloom train --preset … --set …`: the plan that the run is started with, and what is refused."""

from __future__ import annotations

import pytest

from app.cli.errors import CommandError
from app.cli.plan_options import PlanOptions, weighty_nodes
from app.settings_paths import presets_folder
from models.network.project import Project
from models.training.optimizers import SGD
from models.training.plan import DEFAULT_PLAN
from models.training.presets import keep_preset, preset_of
from models.zoo.lenet import lenet5

LENET = Project(name="lenet5", network=lenet5(), plan=DEFAULT_PLAN.replace(seed=9))


def test_nothing_given_changes_nothing() -> None:
    assert PlanOptions().applied(LENET) == LENET


def test_settings_come_behind_the_preset_and_the_options_of_their_own_last() -> None:
    options = PlanOptions("first try", ("optimizer=SGD", "optimizer.momentum=0.5", "epochs=3"), epochs=4)
    plan = options.applied(LENET).plan
    assert plan.optimizer == SGD(momentum=0.5)
    assert (plan.epochs, plan.seed, plan.batch_size) == (4, 9, 64)


def test_fine_tuning_freezes_blocks_of_the_network() -> None:
    plan = PlanOptions("Fine-tuning").applied(LENET).plan
    assert [rule.node for rule in plan.blocks] == weighty_nodes(LENET.network)[:-1]
    assert "flatten" not in weighty_nodes(LENET.network)


def test_the_users_own_presets_are_known_and_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    keep_preset(presets_folder(), preset_of("First try", DEFAULT_PLAN.replace(epochs=77)))
    (presets_folder() / "broken.json").write_text("{")
    assert PlanOptions("First try").applied(LENET).plan.epochs == 77
    assert "broken.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (PlanOptions("modrn"), 'is no preset; expected one of "First try"'),
        (PlanOptions(settings=("learning_rate=fast",)), "learning_rate cannot be 'fast'"),
        (PlanOptions(settings=("speed=1",)), "A training plan has no 'speed'"),
        (PlanOptions(settings=("epochs",)), "expected FIELD=VALUE"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(options: PlanOptions, says: str) -> None:
    with pytest.raises(CommandError) as caught:
        options.applied(LENET)
    assert says in str(caught.value)
