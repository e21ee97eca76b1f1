"""Building the Keras model of known architectures against `keras.applications`, in turns in this one process.

The architectures are the same but for the biases that Keras's ResNet convolutions have.
Builder: from a network to the Keras model. Live model: that, the analysis, the expansion and what probes call.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
import warnings
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

import keras  # noqa: E402 - TensorFlow's chatter is silenced before

from models.network.graph import Network  # noqa: E402
from models.runtime.builder import build_model  # noqa: E402
from models.runtime.live_model import LiveModel  # noqa: E402
from models.zoo import TEMPLATES  # noqa: E402

THEIRS: dict[str, Callable[..., keras.Model]] = {
    "resnet152": keras.applications.ResNet152,
    "resnet50": keras.applications.ResNet50,
    "mobilenet_v2": keras.applications.MobileNetV2,
}


def timed(make: Callable[[], object]) -> float:
    """Seconds to make something, its predecessors forgotten and collected before."""
    keras.utils.clear_session()
    gc.collect()
    start = time.perf_counter()
    make()
    return time.perf_counter() - start


def measure(network: Network, theirs: Callable[..., keras.Model], rounds: int) -> dict[str, list[float]]:
    """Seconds of each round; the first one, which warms up, is left out."""
    found: dict[str, list[float]] = {"theirs": [], "builder": [], "live_model": []}
    for _ in range(rounds + 1):
        found["theirs"].append(timed(lambda: theirs(weights=None)))
        found["builder"].append(timed(lambda: build_model(network)))
        found["live_model"].append(timed(lambda: LiveModel(network, 1)))
    return {name: seconds[1:] for name, seconds in found.items()}


def main(rounds: int) -> None:
    """Print the seconds of every round as JSON."""
    known = {key: theirs for key, theirs in THEIRS.items() if key in TEMPLATES}
    print(json.dumps({key: measure(TEMPLATES[key].network(), theirs, rounds) for key, theirs in known.items()}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
