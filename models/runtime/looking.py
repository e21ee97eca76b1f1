"""`Looking`: shows what is inside the model while it is trained and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from models.data.preparation import Preparation
from models.runtime.bench import Bench
from models.runtime.failures import RequestError, failure
from models.runtime.live_model import LiveModel
from models.runtime.probe_inputs import ProbeInputs
from models.runtime.probes import Prober
from models.training.events import Event, Predicted

Floats = npt.NDArray[np.float32]


class Looking:
    """Probes and predictions of the model at hand.

    Attributes:
        prober: what is watched.
    """

    def __init__(self, bench: Bench, emit: Callable[[Event], None]) -> None:
        self.prober = Prober()
        self._bench = bench
        self._emit = emit
        self._inputs = ProbeInputs()

    def probe(self) -> None:
        """Tell what is watched. A probe that fails is the last one until the next Watch, and ends nothing else."""
        live, image = self._bench.live, self.prober.watch.image
        if live is None or image is None:
            return
        try:
            fitted = self._inputs.fitted(image, *self.chain, live)
            probed = self.prober.probe(live, fitted, self._class_names(live))
        except Exception as error:
            self.prober.watch = replace(self.prober.watch, image=None)
            self._emit(failure("Watching", error))
            return
        if probed is not None:
            self._emit(probed)

    def image(self) -> Floats | None:
        """What is watched as the network takes it; None while nothing is, or nothing that fits."""
        live, image = self._bench.live, self.prober.watch.image
        if live is None or image is None:
            return None
        try:
            return self._inputs.fitted(image, *self.chain, live)
        except Exception:  # the next probe tells
            return None

    def predict(self, image: Floats) -> Predicted:
        """The classes of an image. Raises RequestError."""
        live = self._bench.there()
        if len(live.analysis.output_shape or ()) != 1:
            raise RequestError("The network's output is no vector of class scores. Add Flatten and Dense at its end.")
        fitted = self._inputs.fitted(image, *self.chain, live)
        return Predicted(live.probabilities(live.predict(fitted[None]))[0], self._class_names(live))

    @property
    def chain(self) -> tuple[Preparation, float]:
        """What samples go through before the network, and their white: those of the last run, or of what is watched."""
        watch, data = self.prober.watch, self._bench.data
        return (data.preparation, data.facts.white) if data is not None else (watch.preparation, watch.white)

    def _class_names(self, live: LiveModel) -> tuple[str, ...]:
        """The names of the classes that the outputs stand for, where they are known and as many."""
        data = self._bench.data
        names = data.facts.class_names if data is not None else ()
        shape = live.analysis.output_shape
        return names if shape == (len(names),) or (shape == (1,) and len(names) == 2) else ()
