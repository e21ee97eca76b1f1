"""Optimizers as values. That Keras knows their names and arguments is tested beside the engine."""

from __future__ import annotations

import pytest
from hypothesis import given
from plans import optimizers

from models.training.optimizers import OPTIMIZERS, SGD, Adam, Optimizer
from models.training.optimizers.base import optimizer_from_dict, optimizer_to_dict


@given(optimizer=optimizers())
def test_comes_back_from_its_json_form(optimizer: Optimizer) -> None:
    data = optimizer_to_dict(optimizer)
    assert data["type"] == type(optimizer).__name__
    assert set(data) == {"type", *type(optimizer).model_fields}
    assert optimizer_from_dict(data) == optimizer


def test_a_value_stays_as_it_is() -> None:
    assert optimizer_from_dict(SGD(momentum=0.5)) == SGD(momentum=0.5)


def test_classes_that_only_share_fields_are_no_choice() -> None:
    assert {"Adam", "AdamW", "SGD", "RMSprop", "Adagrad", "Lion"} <= set(OPTIMIZERS)
    assert not {"Moments", "Optimizer"} & set(OPTIMIZERS)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_every_optimizer_explains_itself_and_its_settings(name: str) -> None:
    kind = OPTIMIZERS[name]
    assert kind().type == name
    assert kind().summary.endswith((".", "choice."))
    assert kind().default_learning_rate > 0
    for field, info in kind.model_fields.items():
        assert (info.description or "").endswith("."), field


def test_a_changed_copy_is_validated() -> None:
    assert Adam().replace(beta_1=0.5) == Adam(beta_1=0.5)
    with pytest.raises(ValueError, match="less than 1"):
        Adam().replace(beta_1=1.0)
