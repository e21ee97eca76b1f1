"""`Engine`: takes commands and emits events. It owns the Keras model, in the one thread in which it is used."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.analysis import analyse
from models.data.facts import DataError
from models.data.preparation import Preparation
from models.files import FileError
from models.network.graph import Network
from models.network.project import Project, StoredWeights
from models.network.weighted_layer import WeightedLayer
from models.network.weights_file import Arrays, WeightsError, load_weights, stored_layers
from models.runtime.data_desk import DataDesk
from models.runtime.device import prepare
from models.runtime.evaluation import comparison_inputs, evaluated, raw_inputs
from models.runtime.exporters import export
from models.runtime.failures import OUT_OF_MEMORY, RequestError, failure, fits, out_of_memory_text
from models.runtime.live_model import Learned, LiveModel, NetworkError, Weights
from models.runtime.previews import previewed
from models.runtime.probe_inputs import ProbeInputs
from models.runtime.probes import Prober
from models.runtime.run_data import RunData
from models.runtime.runs import RunFolder
from models.runtime.trainer import Trainer
from models.training.commands import (
    Build,
    Command,
    Evaluate,
    Export,
    Pause,
    Predict,
    PreviewBatch,
    Resume,
    Shutdown,
    Stop,
    Storage,
    Train,
    Watch,
)
from models.training.events import (
    Built,
    Evaluated,
    Event,
    Exported,
    Failed,
    Paused,
    Predicted,
    Resumed,
    TrainingDone,
)

WORDS = {
    Build: "Building", Train: "Training", Pause: "Pause", Resume: "Resume", Stop: "Stop", Watch: "Watching",
    Evaluate: "Evaluation", Predict: "Prediction", PreviewBatch: "Preview", Export: "Export", Shutdown: "Shutdown",
}  # fmt: skip


class _LoadingStopped(Exception):
    """Stop or Shutdown came while a run's samples were being read."""


class Engine:
    """Answers commands, one after the other; while it trains it looks at `commands` between chunks of steps.

    Make and use it in one thread: Keras's state belongs to a thread. Only `commands` may be filled from others.

    Attributes:
        commands: what `run` answers, and what is looked at during training in any case.
        ready: what computes, and the versions.
    """

    def __init__(
        self, emit: Callable[[Event], None], commands: SimpleQueue[Command] | None = None, device: str = "auto"
    ) -> None:
        self.commands: SimpleQueue[Command] = commands if commands is not None else SimpleQueue()
        self.ready = prepare(device)
        self._emit = emit
        self._waiting: deque[Command] = deque()  # taken from `commands` while images were loading, to be served first
        self._live: LiveModel | None = None
        self._learned: Learned | None = None
        self._stored: tuple[StoredWeights, Arrays, Sequence[WeightedLayer]] | None = None
        self._data: RunData | None = None
        self._restored = False  # a run whose data set cannot be read any more
        self._desk = DataDesk(emit, self._look_for_stop)
        self._inputs = ProbeInputs()
        self._prober = Prober()
        self._closing = self._running = False
        self._reading = False  # a run's samples: Stop then ends that

    def run(self) -> None:
        """Say Ready, then answer commands until Shutdown."""
        self._emit(self.ready)
        while not self._closing:
            self.handle(self._next(block=True))
        self._desk.forget_prepared()

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
            self._data = self._desk.run_data(
                project.network, project.data, project.preparation, project.plan, Storage()
            )
        except DataError:
            watch = replace(self._prober.watch, preparation=project.preparation)
            self._prober.watch = watch  # the samples are gone; the model is not
            self._restored = True

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
            case PreviewBatch():
                self._emit(previewed(self._desk, command, again=not self._running))
            case Evaluate():
                self._emit(self._evaluate(command.part))
            case Predict():
                self._emit(self._predict(command.image))
            case Export():
                self._emit(self._export(command))
            case Shutdown():
                self._closing = True
            case Pause() | Resume() | Stop():
                return  # the run that was meant has ended meanwhile

    def _build(self, command: Build) -> None:
        if command.fresh:
            self._learned = self._data = None
            self._restored = False
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
            with self._reading_for_a_run():
                data = self._desk.run_data(
                    command.network, command.data, command.preparation, command.plan, command.storage
                )
            self._learn(command, data)
        except _LoadingStopped:
            self._emit(TrainingDone(command.run_id, "stopped", "Stopped while the samples were being read.", 0))

    def _learn(self, command: Train, data: RunData) -> None:
        """Run, and keep what was learned; a run without a step leaves the model as it was before."""
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
        with self._reading_for_a_run():
            live.adapt(data.spread_batches(self._look_for_stop))
        trainer = Trainer(command, live, data, self._run_folder(command, data.preparation))
        self._running = True
        try:
            for event in trainer.events():
                if event is not None:
                    self._emit(event)
                if not isinstance(event, TrainingDone):  # commands after the end are not meant for this run
                    self._between_chunks(trainer)
        finally:
            self._running = False
        if trainer.steps:
            self._learned = live.learned()
        return trainer.steps > 0

    def _check_trainable(self, command: Train) -> None:
        analysis = analyse(command.network)
        if not analysis.problems and not analysis.trainable and command.network.nodes:
            raise RequestError("The network has nothing to learn: no block has weights. Add a Dense or Conv2D block.")
        if not fits(analysis, command.plan.batch_size):
            raise RequestError(out_of_memory_text(analysis, command.plan.batch_size))

    @contextmanager
    def _reading_for_a_run(self) -> Iterator[None]:
        self._reading = True
        try:
            yield
        finally:
            self._reading = False

    def _look_for_stop(self, done: int, total: int) -> None:
        """Between pieces of work on a run's data: raise _LoadingStopped when Stop or Shutdown has come.

        Data that are read for anything else, as for a preview beside a run, leave the commands to whom they are meant.
        """
        if not self._reading:
            return
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

    def _run_folder(self, command: Train, preparation: Preparation) -> RunFolder | None:
        if command.run_dir is None:
            return None
        project = Project(
            name=command.project_name,
            network=command.network,
            data=command.data,
            preparation=preparation,
            plan=command.plan,
        )
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
        names = self._data.facts.class_names if self._data is not None else ()
        shape = live.analysis.output_shape
        return names if shape == (len(names),) or (shape == (1,) and len(names) == 2) else ()

    def _probe(self) -> None:
        """Tell what is watched. A probe that fails is the last one until the next Watch, and ends nothing else."""
        live, image = self._live, self._prober.watch.image
        if live is None or image is None:
            return
        try:
            fitted = self._inputs.fitted(image, *self._chain, live)
            probed = self._prober.probe(live, fitted, self._class_names(live))
        except Exception as error:
            self._prober.watch = replace(self._prober.watch, image=None)
            self._emit(failure(WORDS[Watch], error))
            return
        if probed is not None:
            self._emit(probed)

    @property
    def _chain(self) -> tuple[Preparation, float]:
        """What samples go through before the network, and their white: those of the last run, or of what is watched."""
        watch, data = self._prober.watch, self._data
        return (data.preparation, data.facts.white) if data is not None else (watch.preparation, watch.white)

    def _predict(self, image: npt.NDArray[np.float32]) -> Predicted:
        live = self._model()
        if len(live.analysis.output_shape or ()) != 1:
            raise RequestError("The network's output is no vector of class scores. Add Flatten and Dense at its end.")
        fitted = self._inputs.fitted(image, *self._chain, live)
        return Predicted(live.probabilities(live.predict(fitted[None]))[0], self._class_names(live))

    def _evaluate(self, part: Literal["validation", "test"]) -> Evaluated:
        live = self._model()
        if self._data is None:
            raise RequestError("The network has not been trained yet. Train it, then evaluate.")
        return evaluated(live, self._data, part)

    def _export(self, command: Export) -> Exported:
        live, (chain, white) = self._model(), self._chain
        trained = self._data is not None or self._restored  # before that there is no data set whose samples it takes
        inside = trained and command.preprocessing and command.format != "python" and bool(chain.preprocessing)
        raw = raw_inputs(live, self._data, chain, white) if inside else None
        inputs = comparison_inputs(live, self._data)
        return export(live, command.format, Path(command.path), command.project_name, inputs, raw)
