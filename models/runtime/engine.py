"""`Engine`: takes commands and emits events. It owns the Keras model, in the one thread in which it is used."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

import numpy as np
import numpy.typing as npt

from models.analysis import analyse
from models.analysis.data_fit import CHANNELS
from models.blocks import describe
from models.data.images import ImageSet, fit_image, split
from models.data.loading import load
from models.data.sources import DataError, DataFacts, DataSource
from models.files import FileError
from models.network.graph import Network
from models.network.project import Project, StoredWeights
from models.network.weighted_layer import WeightedLayer
from models.network.weights_file import Arrays, WeightsError, load_weights, stored_layers
from models.runtime.device import prepare
from models.runtime.exporters import export
from models.runtime.failures import OUT_OF_MEMORY, RequestError, failure, fits, out_of_memory_text
from models.runtime.live_model import Learned, LiveModel, NetworkError, Weights, problem_text
from models.runtime.loop import CompiledLoop, RunData
from models.runtime.objective import objectives
from models.runtime.probes import Prober
from models.runtime.runs import RunFolder
from models.runtime.trainer import Trainer
from models.training.commands import (
    Build,
    Command,
    Evaluate,
    Export,
    Pause,
    Predict,
    Resume,
    Shutdown,
    Stop,
    Train,
    Watch,
)
from models.training.events import Built, Evaluated, Event, Failed, Paused, Predicted, Resumed, TrainingDone
from models.training.plan import TrainingPlan

COMPARED_IMAGES = 64
"""Most images on which an export is compared."""

ADAPTED_IMAGES = 4096
"""Most training images on which Normalization measures its statistics."""

WORDS = {
    Build: "Building", Train: "Training", Pause: "Pause", Resume: "Resume", Stop: "Stop", Watch: "Watching",
    Evaluate: "Evaluation", Predict: "Prediction", Export: "Export", Shutdown: "Shutdown",
}  # fmt: skip


class _LoadingStopped(Exception):
    """Stop or Shutdown came while a run's images were being loaded."""


class Engine:
    """Answers commands, one after the other; while it trains it looks at `commands` between chunks of steps.

    Make and use it in one thread: Keras's state belongs to a thread. Only `commands` may be filled from others.

    Attributes:
        commands: what `run` answers, and what is looked at during training in any case.
        ready: what computes, and the versions.
    """

    def __init__(self, emit: Callable[[Event], None], commands: SimpleQueue[Command] | None = None) -> None:
        self.commands: SimpleQueue[Command] = commands if commands is not None else SimpleQueue()
        self.ready = prepare()
        self._emit = emit
        self._waiting: deque[Command] = deque()  # taken from `commands` while images were loading, to be served first
        self._live: LiveModel | None = None
        self._learned: Learned | None = None
        self._stored: tuple[StoredWeights, Arrays, Sequence[WeightedLayer]] | None = None
        self._data: RunData | None = None
        self._loaded: tuple[DataSource, ImageSet] | None = None
        self._prober = Prober()
        self._closing = False

    def run(self) -> None:
        """Say Ready, then answer commands until Shutdown."""
        self._emit(self.ready)
        while not self._closing:
            self.handle(self._next(block=True))

    def _next(self, block: bool) -> Command:
        """The next command. Raises Empty where there is none and it is not to be waited for."""
        return self._waiting.popleft() if self._waiting else self.commands.get(block=block)

    def handle(self, command: Command) -> None:
        """Answer one command; exceptions become Failed events. Training returns when the run has ended."""
        try:
            self._answer(command)
        except Exception as error:
            run_id = command.run_id if isinstance(command, Train) else None
            self._emit(failure(WORDS[type(command)], error, run_id))

    def restore(self, project: Project, weights: Weights) -> None:
        """Take up a finished run: its network with its weights, and its images where they can still be read.

        Raises NetworkError where the two do not belong together.
        """
        live = LiveModel(project.network, project.plan.seed, project.name)
        try:
            live.set_weights(weights)
        except ValueError as error:
            raise NetworkError("The run's weights do not belong to its network. Choose another run.") from error
        live.trained = frozenset(weights)
        self._live, self._learned, self._data = live, live.learned(), None
        try:
            self._data = self._run_data(project.network, project.data, project.plan, False)
        except DataError:
            return  # the images are gone; the model is not

    # --- answers ----------------------------------------------------------------------------------------------------
    def _answer(self, command: Command) -> None:
        match command:
            case Build():
                self._build(command)
            case Train():
                self._train(command)
            case Watch():
                self._prober.watch = command
                self._probe()
            case Evaluate():
                self._emit(self._evaluate())
            case Predict():
                self._emit(self._predict(command.image))
            case Export():
                images = self._comparison_images()
                self._emit(export(self._model(), command.format, Path(command.path), command.project_name, images))
            case Shutdown():
                self._closing = True
            case Pause() | Resume() | Stop():
                return  # the run that was meant has ended meanwhile

    def _build(self, command: Build) -> None:
        if command.fresh:
            self._learned = self._data = None
        live = self._live_model(command.network, command.seed, not command.fresh, stored=command.weights)
        self._emit(Built(command.network, live.model.count_params(), live.trained_nodes))
        self._probe()

    def _live_model(
        self, network: Network, seed: int, keep: bool, name: str = "network", stored: StoredWeights | None = None
    ) -> LiveModel:
        """The model of a network: the one there is, or a new one with the learned or the stored weights that fit."""
        if keep and self._live is not None and self._live.network == network:
            return self._live
        live = LiveModel(network, seed, name)
        if keep and self._learned is not None:
            live.keep_from(self._learned)
        elif stored is not None:
            live.start_from(*self._given(stored))
        self._live = live
        return live

    def _given(self, stored: StoredWeights) -> tuple[Arrays, Sequence[WeightedLayer]]:
        """The weights that a project names, and their layers; none where they cannot be used, which is told once."""
        if self._stored is None or self._stored[0] != stored:
            try:
                weights = load_weights(stored)
                self._stored = (stored, weights, stored_layers(Path(stored.path), weights))
            except (WeightsError, FileError) as error:
                self._stored = (stored, {}, ())
                self._emit(Failed("Weights", f"{error} The network starts with fresh weights."))
        return self._stored[1:]

    def _model(self) -> LiveModel:
        if self._live is None:
            raise RequestError("There is no model yet. Build or train the network first.")
        return self._live

    # --- training ---------------------------------------------------------------------------------------------------
    def _train(self, command: Train) -> None:
        self._check_trainable(command)
        try:
            data = self._run_data(command.network, command.data, command.plan, command.keep_weights)
        except _LoadingStopped:
            if not self._closing:
                self._emit(TrainingDone(command.run_id, "stopped", "Stopped while the images were loading.", 0))
            return
        learned, before, self._data = False, self._data, data
        try:
            learned = self._run(command, data)
        except OUT_OF_MEMORY as error:
            text = out_of_memory_text(analyse(command.network), command.plan.batch_size)
            raise RequestError(text) from error
        finally:
            if not learned:  # the model as it was, as far as its weights fit
                self._live, self._data = None, before
                self._live_model(command.network, command.plan.seed, True, command.project_name, command.weights)
        if not self._closing:
            self._probe()

    def _run(self, command: Train, data: RunData) -> bool:
        """Train to the end of the run; whether a step was taken, so that there is something learned to keep."""
        keep, stored = command.keep_weights, command.weights if command.keep_weights else None
        live = self._live_model(command.network, command.plan.seed, keep, command.project_name, stored)
        live.adapt(_sample(data))
        trainer = Trainer(command, live, data, self._run_folder(command))
        for event in trainer.events():
            if event is not None:
                self._emit(event)
            if not isinstance(event, TrainingDone):  # commands after the end are not meant for this run
                self._between_chunks(trainer)
        if trainer.steps:
            self._learned = live.learned()
        return trainer.steps > 0

    def _check_trainable(self, command: Train) -> None:
        analysis = analyse(command.network)
        if not analysis.problems and not analysis.trainable and command.network.nodes:
            raise RequestError("The network has nothing to learn: no block has weights. Add a Dense or Conv2D block.")
        if not fits(analysis, command.plan.batch_size):
            raise RequestError(out_of_memory_text(analysis, command.plan.batch_size))

    def _run_data(self, network: Network, source: DataSource, plan: TrainingPlan, reuse: bool) -> RunData:
        """The images for a network, split as planned. Raises DataError, NetworkError or ObjectiveError."""
        shape = analyse(network).input_shape
        if shape is None:
            raise NetworkError("The network has no Input block. Add one of height × width × 1 or 3 channels.")
        if len(shape) != 3 or shape[-1] not in CHANNELS:
            raise NetworkError(
                f"The network's Input takes {describe(shape)}, and data sets hold images: set its shape to "
                "height × width × 1 or 3 channels. Networks for other shapes can be built, looked into and exported."
            )
        loaded = self._loaded
        if not (reuse and loaded is not None and loaded[0] == source and loaded[1].images.shape[1:] == shape):
            loaded = self._loaded = (source, load(source, shape, self._look_for_stop))
        images = loaded[1]
        _check_suits(network, images.facts)
        training, held_out = split(images.labels, plan.validation_split, plan.seed)
        return RunData(images, training, held_out, objectives(network, images.facts.classes, plan.loss), plan.loss)

    def _look_for_stop(self, done: int, total: int) -> None:
        """Between two images: raise _LoadingStopped when Stop or Shutdown has come."""
        end = self._awaited_end()
        if end is not None:
            self._closing = isinstance(end, Shutdown)
            raise _LoadingStopped

    def _awaited_end(self) -> Stop | Shutdown | None:
        """The next Stop or Shutdown among the commands, if there is one; those before it are put off."""
        while not self.commands.empty():
            command = self.commands.get()
            if isinstance(command, Stop | Shutdown):
                return command
            self._waiting.append(command)
        return None

    def _run_folder(self, command: Train) -> RunFolder | None:
        if command.run_dir is None:
            return None
        project = Project(name=command.project_name, network=command.network, data=command.data, plan=command.plan)
        return RunFolder(Path(command.run_dir), project, self.ready.device)

    def _between_chunks(self, trainer: Trainer) -> None:
        """Answer what was asked meanwhile, and probe when the time budget allows; hold here while paused.

        Once the run is stopping, all but Shutdown is put off until it has ended.
        """
        if trainer.stopping:
            if isinstance(self._awaited_end(), Shutdown):
                self._closing = trainer.abandoned = True
            return
        paused = False
        while not trainer.stopping:
            try:
                command = self._next(block=paused)
            except Empty:
                break
            paused = self._answer_while_training(command, trainer, paused)
        if self._prober.is_due and not trainer.stopping:
            self._probe()

    def _answer_while_training(self, command: Command, trainer: Trainer, paused: bool) -> bool:
        """Answer one command; the answer says whether training is paused now."""
        match command:
            case Pause() if not paused:
                trainer.stopwatch.hold()
                self._emit(Paused(trainer.run_id))
                self._probe()
                return True
            case Resume() if paused:
                self._emit(Resumed(trainer.run_id))
            case Stop() | Shutdown():
                trainer.stopping = True
                if isinstance(command, Shutdown):
                    self._closing = trainer.abandoned = True
            case Build() | Train() | Export():
                run_id = command.run_id if isinstance(command, Train) else None
                text = "Training is running. Stop it first, then ask again."
                self._emit(Failed(WORDS[type(command)], text, run_id=run_id))
                return paused
            case Watch() if not paused:
                self._prober.watch = command  # the next probe that the time budget allows shows it
                return paused
            case _:
                self.handle(command)
                return paused
        if paused:
            trainer.stopwatch.go_on()
        return False

    # --- looking ----------------------------------------------------------------------------------------------------
    def _class_names(self, live: LiveModel) -> tuple[str, ...]:
        """The names of the classes that the outputs stand for, where they are known and as many."""
        names = self._data.images.facts.class_names if self._data is not None else ()
        shape = live.analysis.output_shape
        return names if shape == (len(names),) or (shape == (1,) and len(names) == 2) else ()

    def _probe(self) -> None:
        """Tell what is watched. A probe that fails is the last one until the next Watch, and ends nothing else."""
        if self._live is None:
            return
        try:
            probed = self._prober.probe(self._live, self._class_names(self._live))
        except Exception as error:
            self._prober.watch = Watch()
            self._emit(failure(WORDS[Watch], error))
            return
        if probed is not None:
            self._emit(probed)

    def _predict(self, image: npt.NDArray[np.float32]) -> Predicted:
        live = self._model()
        if len(live.analysis.output_shape or ()) != 1:
            raise RequestError("The network's output is no vector of class scores. Add Flatten and Dense at its end.")
        fitted = fit_image(image, live.model.input_shape[1:])
        return Predicted(live.probabilities(live.predict(fitted[None]))[0], self._class_names(live))

    def _evaluate(self) -> Evaluated:
        live, data = self._model(), self._data
        if data is None:
            raise RequestError("The network has not been trained yet. Train it, then evaluate.")
        if live.analysis.input_shape != data.images.images.shape[1:]:
            raise RequestError("The input's size has changed since the last run. Train, then evaluate.")
        facts = data.images.facts
        _check_suits(live.network, facts)
        data = replace(data, objectives=objectives(live.network, facts.classes, data.loss))
        loop = CompiledLoop(live.model, None, data, COMPARED_IMAGES)
        indices = data.measured
        loss = 0.0
        confusion = np.zeros((facts.classes, facts.classes), np.int64)
        for first in range(0, len(indices), COMPARED_IMAGES):
            batch = indices[first : first + COMPARED_IMAGES]
            batch_loss, classes = loop.evaluate(batch)
            loss += batch_loss * len(batch)
            np.add.at(confusion, (data.images.labels[batch], classes), 1)
        right = float(np.trace(confusion) / len(indices))
        return Evaluated(loss / len(indices), right, len(indices), confusion, facts.class_names)

    def _comparison_images(self) -> npt.NDArray[np.float32]:
        """Held-out images, or random ones where there are no data yet or they have another shape."""
        shape = tuple(self._model().model.input_shape[1:])
        if self._data is not None and self._data.images.images.shape[1:] == shape:
            return self._data.images.floats(self._data.measured[:COMPARED_IMAGES])
        return np.random.default_rng(0).random((COMPARED_IMAGES, *shape), np.float32)


def _sample(data: RunData) -> Iterator[npt.NDArray[np.float32]]:
    """Training images to measure statistics on, spread over all of them, in batches."""
    chosen = data.training[:: -(-len(data.training) // ADAPTED_IMAGES)]
    for start in range(0, len(chosen), COMPARED_IMAGES):
        yield data.images.floats(chosen[start : start + COMPARED_IMAGES])


def _check_suits(network: Network, facts: DataFacts) -> None:
    """Raise NetworkError where a network cannot be trained or measured on a data set."""
    problems = analyse(network, facts).problems
    if problems:
        raise NetworkError(problem_text(network, problems[0]))
