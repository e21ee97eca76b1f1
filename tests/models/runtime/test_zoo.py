"""Every architecture against Keras: sizes, multiply-adds, a step of training, and saving."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path

import keras
import numpy as np
import pytest
from graph_counts import multiply_adds

from models.analysis import analyse
from models.analysis.data_fit import classifies
from models.blocks import Shape
from models.network.expansion import expand
from models.network.graph import Network
from models.runtime.builder import build_model
from models.runtime.exporters import save_keras
from models.runtime.live_model import LiveModel
from models.runtime.step.objective import objectives
from models.training.plan import TrainingPlan
from models.zoo import TEMPLATES, Template, TemplateError

pytestmark = pytest.mark.filterwarnings("ignore:.*softmax over axis:UserWarning")

DEEP = {"densenet121", "resnet101", "resnet152"}
DEEP_TO_TRACE = DEEP | {"mobilenet_v2", "plain56", "resnet50", "resnet56", "segnet", "shufflenet_v2"}
QUICK_TO_TRAIN = {"alexnet", "cnn3d", "googlenet_auxiliary", "lenet5", "mnist1d_cnn", "small_cnn", "yolo_v1_tiny"}

BATCH = 4
CLASSES = 10
LARGEST = 64
"""Images for the step are smaller; not so small that batch normalization sees one value for each sample."""


def every(slow: Collection[str]) -> list[object]:
    """Every architecture; Keras takes many seconds for those that are slow."""
    return [
        pytest.param(entry, id=key, marks=[pytest.mark.slow] if key in slow else []) for key, entry in TEMPLATES.items()
    ]


@contextmanager
def without_weights() -> Iterator[None]:
    """Models made here have variables that know their shape and hold nothing, so that size costs no memory."""
    keras.utils.clear_session(free_memory=False)
    with keras.StatelessScope(initialize_variables=False):
        yield
    keras.utils.clear_session(free_memory=False)  # forgets that there are variables to fill


def smallest(entry: Template) -> Network:
    """The architecture for ten classes, on images halved until they are small, or as often as it bears."""
    network, shape = entry.network(classes=CLASSES), entry.input_shape
    while max(shape[:-1]) >= LARGEST:
        shape = _halved(shape)
        try:
            network = entry.network(shape, CLASSES)
        except TemplateError:
            break
    return network


def _halved(shape: Shape) -> Shape:
    return (*(-(-size // 2) for size in shape[:-1]), shape[-1])


@pytest.mark.parametrize("entry", every(slow=DEEP))
def test_the_analysis_is_what_keras_builds(entry: Template) -> None:
    network = entry.network()
    analysis, layers = analyse(network), expand(network).network
    known = analyse(layers).nodes
    with without_weights():
        model = build_model(network)
        built = {layer.name: layer for layer in model.layers}
        assert built.keys() == known.keys()
        for name, layer in built.items():
            outputs = layer.output if isinstance(layer.output, list | tuple) else [layer.output]
            assert tuple(tuple(output.shape[1:]) for output in outputs) == known[name].output_shapes
            assert [tuple(weight.shape) for weight in layer.weights] == [w.shape for w in known[name].weights]
        assert model.count_params() == analysis.parameters
        assert sum(prod(weight.shape) for weight in model.trainable_weights) == analysis.trainable


@pytest.mark.parametrize("entry", every(slow=DEEP_TO_TRACE))
def test_multiply_adds_are_those_of_the_traced_graph(entry: Template) -> None:
    network = entry.network()
    with without_weights():
        assert multiply_adds(build_model(network)) == analyse(network).multiply_adds


@pytest.mark.parametrize("entry", every(slow=TEMPLATES.keys() - QUICK_TO_TRAIN))
def test_one_step_trains_and_the_saved_model_predicts_the_same(entry: Template, tmp_path: Path) -> None:
    live = LiveModel(smallest(entry), 1)
    before = live.weights()
    assert np.isfinite(train_once(live))
    after = live.weights()
    assert live.has_finite_weights()
    learned = [name for name in before if any((a != b).any() for a, b in zip(before[name], after[name], strict=True))]
    assert len(learned) > len(before) / 2  # a dead ReLU may keep some as they were

    save_keras(live, tmp_path / "model.keras", entry.title)
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    images = random_images(live)
    expected, found = live.model(images, training=False), loaded(images, training=False)
    several = isinstance(expected, list | tuple)
    for ours, theirs in zip(expected if several else [expected], found if several else [found], strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-5)


def random_images(live: LiveModel) -> np.ndarray:
    return np.random.default_rng(1).random((BATCH, *live.analysis.input_shape), np.float32)


def train_once(live: LiveModel) -> float:
    """One step of Adam, without tracing; the loss. What gives no class scores is trained towards random values."""
    shapes = [tuple(output.shape[1:]) for output in live.model.outputs]
    random = np.random.default_rng(0)
    if all(classifies(shape, CLASSES) for shape in shapes):
        live.optimizer(TrainingPlan(), objectives(live.network, CLASSES, TrainingPlan()))
        targets = [random.integers(0, CLASSES, BATCH) for _ in shapes]
    else:
        live.model.compile("adam", ["mean_squared_error"] * len(shapes))
        targets = [random.random((BATCH, *shape), np.float32) for shape in shapes]
    live.model.run_eagerly = True
    loss = live.model.train_on_batch(random_images(live), targets if len(targets) > 1 else targets[0])
    return float(loss[0] if isinstance(loss, list | tuple) else loss)
