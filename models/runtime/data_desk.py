"""`DataDesk`: opens data sets for the engine, prepares them for networks, and remembers what it has prepared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from math import prod

import numpy as np
import tensorflow as tf

from models.analysis import analyse
from models.blocks import Shape, describe, shape_text
from models.data.facts import DataError, DataFacts
from models.data.preparation import Preparation
from models.data.samples import Indices, Samples
from models.data.sources import Source
from models.data.split import divide
from models.data.steps import Step
from models.data.steps.base import step_to_dict
from models.data.steps.preprocessing import Standardize
from models.network.graph import Network
from models.runtime.live_model import NetworkError, problem_text
from models.runtime.pipeline.prepared import Prepared
from models.runtime.preprocessing import Preprocessor, measured, needs_measuring
from models.runtime.step.objective import objectives
from models.runtime.step.run_data import RunData
from models.training.commands import Storage
from models.training.events import Event, StatisticsMeasured
from models.training.plan import TrainingPlan

Breath = Callable[[int, int], None]
"""Called with what is done and what there is in all, between pieces of work; may raise to end it."""

MEASURED_SAMPLES = 4096
"""Most training samples on which statistics are measured, spread over all of them."""

MEASURED_BYTES = 2**28
"""Most bytes of samples on which statistics are measured."""

MEASURED_BATCH = 64
FLOAT_BYTES = 4


class DataDesk:
    """The engine's side of data sets. `breath` is taken between pieces of work, and may end it by raising."""

    def __init__(self, emit: Callable[[Event], None], breath: Breath) -> None:
        self._emit = emit
        self._breath = breath
        self._opened: tuple[Source, Samples, str] | None = None
        self._kept: tuple[object, Prepared] | None = None

    def run_data(
        self, network: Network, source: Source, preparation: Preparation, plan: TrainingPlan, storage: Storage
    ) -> RunData:
        """What a network is trained on. Raises DataError, NetworkError or ObjectiveError."""
        shape = analyse(network).input_shape
        if shape is None:
            raise NetworkError("The network has no Input block. Add one of the shape of the samples.")
        samples = self.samples(source)
        facts = samples.facts.named(preparation.class_names)
        if facts.target != "class":
            raise DataError(
                f"{facts.name} holds masks and no classes, and networks are trained on classes. Choose a data set "
                "whose samples have labels; this one can be looked at and prepared on the Data page."
            )
        check_suits(network, facts)
        usable = left_in(samples, preparation)
        parts = divide(preparation.split, samples, usable)
        if not len(parts.training):
            raise DataError(
                f"No sample of {facts.name} is left to train on. Change the split, or use more samples again."
            )
        if len(np.unique(samples.labels[parts.training])) < 2:
            raise DataError(
                f"All training samples of {facts.name} are of one class; telling samples apart takes two or more. "
                "Change the split, or use samples of other classes again."
            )
        preparation = self.measured(samples, preparation, parts.training, shape)
        prepared = self.prepared(samples, preparation, usable, shape, storage)
        _check_shape(prepared.preprocessor, shape)
        prepared.make_room(prepared.left(np.concatenate([parts.training, parts.validation])))
        prepared.fill(self._breath)
        return RunData(facts, prepared, parts, objectives(network, facts.classes, plan), plan, preparation)

    def samples(self, source: Source, again: bool = True) -> Samples:
        """A data set, opened; the one before is taken where nothing about it has changed.

        With `again` false it is taken without looking: a run that is under way does not wait for a walk over its files.
        """
        if not again and self._opened is not None and self._opened[0] == source:
            return self._opened[1]
        samples = source.open(self._breath)
        fingerprint = samples.fingerprint()
        if self._opened is not None and (self._opened[0], self._opened[2]) == (source, fingerprint):
            return self._opened[1]
        self._opened = (source, samples, fingerprint)
        return samples

    def fingerprint(self, samples: Samples) -> str:
        """As it was when they were opened: finding it anew would ask for every file."""
        if self._opened is not None and self._opened[1] is samples:
            return self._opened[2]
        return samples.fingerprint()

    def prepared(
        self, samples: Samples, preparation: Preparation, usable: Indices, shape: Shape, storage: Storage
    ) -> Prepared:
        """The samples as a network of this Input takes them; those prepared before where all of it is the same."""
        key = (self.fingerprint(samples), preparation.preprocessing, usable.tobytes(), shape, storage)
        if self._kept is not None and self._kept[0] == key:
            self._kept[1].look_again()
            return self._kept[1]
        self.forget_prepared()
        prepared = Prepared(samples, preprocessor_for(samples.facts, preparation, shape), usable, storage)
        self._kept = (key, prepared)
        return prepared

    def forget_prepared(self) -> None:
        """Let go of what is kept."""
        if self._kept is not None:
            self._kept[1].close()
            self._kept = None

    def measured(self, samples: Samples, preparation: Preparation, training: Indices, shape: Shape) -> Preparation:
        """The preparation with the statistics that its steps need; measuring them is told as StatisticsMeasured."""
        steps = preparation.preprocessing
        fingerprint = _measured_on(self.fingerprint(samples), training, steps, shape)
        if not len(training) or not needs_measuring(steps, fingerprint):
            return preparation
        preprocessor = preprocessor_for(samples.facts, preparation, shape)
        most = max(min(MEASURED_SAMPLES, MEASURED_BYTES // (FLOAT_BYTES * prod(preprocessor.sized_shape))), 1)
        chosen = training[:: -(-len(training) // most)]
        prepared = Prepared(samples, preprocessor, chosen, Storage(memory=MEASURED_BYTES))
        batches = [sized.numpy() for _, sized in self._with_breaths(prepared, chosen)]
        prepared.close()
        facts = samples.facts
        filled = measured(steps, batches, facts.white, facts.sample_shape, shape, fingerprint)
        after = preparation.replace(preprocessing=filled)
        self._emit(StatisticsMeasured(preparation, after))
        return after

    def _with_breaths(self, prepared: Prepared, chosen: Indices) -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
        done = 0
        for indices, sized in prepared.stream(chosen, MEASURED_BATCH):
            done += len(indices)
            self._breath(done, len(chosen))
            yield indices, sized


def _measured_on(samples: str, training: Indices, steps: Iterable[Step], shape: Shape) -> str:
    """What statistics hold for: samples, those trained on, the chain without what was measured, the Input's shape."""
    digest = blake2b(samples.encode(), digest_size=16)
    digest.update(training.tobytes())
    for step in steps:
        settings = {key: value for key, value in step_to_dict(step).items() if key not in Standardize.measured_fields}
        digest.update(repr(sorted(settings.items())).encode())
    digest.update(repr(shape).encode())
    return digest.hexdigest()


def preprocessor_for(facts: DataFacts, preparation: Preparation, shape: Shape) -> Preprocessor:
    """The preprocessing of a data set's samples for a network's Input."""
    return Preprocessor(preparation.preprocessing, facts.white, facts.sample_shape, shape)


def left_in(samples: Samples, preparation: Preparation) -> Indices:
    """The samples that the user has not left out."""
    indices = np.arange(len(samples), dtype=np.int64)
    if not preparation.left_out:
        return indices
    left_out = set(preparation.left_out)
    return indices[[samples.name(index) not in left_out for index in indices.tolist()]]


def check_suits(network: Network, facts: DataFacts) -> None:
    """Raise NetworkError where a network cannot be trained or measured on a data set."""
    problems = analyse(network, facts).problems
    if problems:
        raise NetworkError(problem_text(network, problems[0]))


def _check_shape(preprocessor: Preprocessor, shape: Shape) -> None:
    if preprocessor.output_shape != shape:
        raise NetworkError(
            f"The preprocessing gives {describe(preprocessor.output_shape)}, and the network's Input takes "
            f"{describe(shape)}. Add Resize to the preprocessing, or set the Input's shape to "
            f"{shape_text(preprocessor.output_shape)}."
        )
