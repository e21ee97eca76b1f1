"""keras.applications, saved by Keras and imported: the same parameters and the same outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from imported_models import keras, rebuilt, stirred

from models.analysis import analyse
from models.importing import read_model

APPLICATIONS = {
    "VGG16": 32,
    "VGG19": 32,
    "ResNet50": 32,
    "ResNet101": 32,
    "ResNet152": 32,
    "MobileNet": 32,
    "MobileNetV2": 32,
    "InceptionV3": 75,
    "DenseNet121": 32,
    "Xception": 71,
    "EfficientNetB0": 32,
}
"""Each with the smallest input that it takes; weights do not depend on it but for the VGGs."""

QUICK = {"MobileNet": ".keras", "ResNet50": ".h5"}

CASES = [
    pytest.param(name, suffix, marks=() if QUICK.get(name) == suffix else pytest.mark.slow)
    for name in APPLICATIONS
    for suffix in (".keras", ".h5")
]


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize(("name", "suffix"), CASES)
def test_comes_out_with_the_same_parameters_and_outputs(name: str, suffix: str, tmp_path: Path) -> None:
    keras.utils.clear_session()
    keras.utils.set_random_seed(3)
    size = APPLICATIONS[name]
    make = getattr(keras.applications, name)
    model = stirred(make(weights=None, input_shape=(size, size, 3), classes=10, classifier_activation=None))
    path = tmp_path / f"model{suffix}"
    model.save(path)

    imported = read_model(path)
    analysis = analyse(imported.network)
    assert not analysis.problems
    assert analysis.parameters == model.count_params()
    assert analysis.trainable == sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)

    images = np.random.default_rng(2).random((2, size, size, 3), np.float32) * 255
    expected = np.asarray(model(images, training=False))
    received = np.asarray(rebuilt(imported)(images, training=False))
    assert np.isfinite(expected).all()
    assert np.ptp(expected) > 0
    assert np.max(np.abs(received - expected)) <= 1e-5 * np.max(np.abs(expected))
