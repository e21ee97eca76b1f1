"""`LiveModel`: the Keras model of a network, with its weights and what is known of their training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from models.analysis import Analysis, Problem, analyse, matched, matching_layers
from models.data.memory import physical_memory
from models.network.expansion import expand
from models.network.graph import Network, Source
from models.network.weighted_layer import WeightedLayer
from models.network.weights_file import Arrays
from models.runtime.builder import build_layers, put_weights
from models.runtime.step import replicas
from models.runtime.step.objective import METRIC, Objective, activation_at, probabilities
from models.runtime.step.optimizers import averages, inner, make_optimizer
from models.training.plan import DtypePolicy, TrainingPlan

Floats = npt.NDArray[np.float32]
Weights = Mapping[str, Sequence[Floats]]
"""A model's weights by node id, each node's in Keras's order."""

BYTES_PER_VALUE = 4


class NetworkError(ValueError):
    """A network that cannot be built; the text says why and what to do."""


@dataclass(frozen=True, eq=False)
class Learned:
    """What a run left: the network as trained, its weights by layer and the epochs they have behind them.

    It outlives the model, so that a node that was deleted and put back has its weights again.
    """

    network: Network
    analysis: Analysis
    weights: Weights
    epochs: int


class LiveModel:
    """A network's model. It lives in one thread; what leaves it is numpy copies.

    Attributes:
        expansion: the network with its composite blocks replaced by the layers inside.
        layer_analysis: of these layers.
        trained: layers, by the ids of the expansion, whose weights were learned, here or before an edit.
        epochs: how many these weights have behind them.
        dtype_policy: what the layers compute with; weights and outputs are float32 in any case.
    """

    def __init__(
        self, network: Network, seed: int, name: str = "network", dtype_policy: DtypePolicy = "float32"
    ) -> None:
        self.network = network
        self.dtype_policy = dtype_policy
        self.analysis = checked(network)
        self.expansion = expand(network)
        self.layer_analysis = analyse(self.expansion.network)
        keras.utils.clear_session(free_memory=False)
        keras.utils.set_random_seed(seed)
        self.trained: frozenset[str] = frozenset()
        self.epochs = 0
        self._warm = False
        self._optimizer: Any = None
        self._optimizer_key: object = None
        with _computing_with(dtype_policy), replicas.mirrored():
            self.model = build_layers(self.expansion.network, name)
            outputs = {node_id: self._tensor(sources[0]) for node_id, sources in self.expansion.outputs.items()}
            everything = keras.Model(self.model.inputs, outputs)
        self._all_outputs = tf.function(lambda images: _whole(everything(images, training=False)))
        self._forward = tf.function(lambda images: _whole(self.model(images, training=False)), reduce_retracing=True)

    def _tensor(self, source: Source) -> Any:
        outputs = self.model.get_layer(source.node).output
        return outputs[source.output] if isinstance(outputs, list | tuple) else outputs

    @property
    def trained_nodes(self) -> frozenset[str]:
        """Nodes of the network, and of the insides of its composites, whose weights were all learned."""
        weighty = {node_id for node_id, known in self.layer_analysis.nodes.items() if known.weights}
        whole = {
            node_id
            for node_id, members in self.expansion.members.items()
            if weighty & set(members) and weighty & set(members) <= self.trained
        }
        return self.trained | whole

    # --- weights ----------------------------------------------------------------------------------------------------
    def weights(self) -> dict[str, list[Floats]]:
        """A copy of every weight, by node."""
        return {layer.name: layer.get_weights() for layer in self.model.layers if layer.weights}

    def set_weights(self, weights: Weights) -> None:
        """Put weights into the nodes that are named."""
        for node_id, values in weights.items():
            put_weights(self.model.get_layer(node_id), values)

    def learned(self) -> Learned:
        """A copy of what was learned."""
        weights = {node_id: values for node_id, values in self.weights().items() if node_id in self.trained}
        return Learned(self.network, self.analysis, weights, self.epochs)

    def keep_from(self, learned: Learned) -> None:
        """Take over what was learned before, where it still fits."""
        matches = matching_layers(learned.analysis, self.analysis)
        taken = {
            layer: old
            for layer, old in matches.items()
            if layer in self.layer_analysis.nodes and old in learned.weights
        }
        self.trained = frozenset(taken)
        self.set_weights({layer: learned.weights[old] for layer, old in taken.items()})
        self.epochs = learned.epochs if self.trained else 0

    def start_from(self, weights: Arrays, layers: Iterable[WeightedLayer]) -> None:
        """Take over weights from a file, which belong to these layers, where they fit."""
        matches = matched(layers, self.analysis)
        self.trained = frozenset(layer for layer in matches if layer in self.layer_analysis.nodes)
        self.set_weights({layer: weights[matches[layer]] for layer in self.trained})

    def adapt(self, batches: Iterable[Floats]) -> None:
        """Measure the statistics that layers such as Normalization need, on batches of images.

        A layer whose weights were learned keeps them. Those behind another that adapts see what it gives then.
        """
        waiting = [
            node.id for node in self.expansion.network.nodes if node.block.adapts and node.id not in self.trained
        ]
        images = list(batches) if waiting else []
        for node_id in waiting:
            layer = self.model.get_layer(node_id)
            before = keras.Model(self.model.input, layer.input)
            put_weights(layer, _statistics(np.asarray(before(batch, training=False)) for batch in images))

    def has_finite_weights(self) -> bool:
        """Whether every weight is a number."""
        return all(np.isfinite(value).all() for values in self.weights().values() for value in values)

    # --- optimizer --------------------------------------------------------------------------------------------------
    def optimizer(self, plan: TrainingPlan, objectives: Sequence[Objective]) -> keras.optimizers.Optimizer:
        """The plan's optimizer; its state outlives a run, as long as the plan asks for the same one.

        Blocks that the plan freezes stay as they are from now on, BatchNormalization among them with its statistics.
        The optimizer is compiled into the model with every output's loss, so that saved models can be trained on.
        Raises NetworkError where all that could be trained is frozen.
        """
        factors = self._follow_rules(plan)
        key = (
            plan.optimizer,
            plan.clipping != "none" and (plan.clipping, plan.clip),
            plan.gradient_accumulation_steps,
            plan.use_ema and (plan.ema_momentum,),
            plan.decay_all,
            tuple(map(id, self.model.trainable_variables)),
            tuple(factors.items()),
        )
        if key != self._optimizer_key:
            policy = plan.replace(dtype_policy=self.dtype_policy)
            with replicas.mirrored():
                self._optimizer = make_optimizer(policy, self.model.trainable_variables, factors)
            self._optimizer_key = key
        self._optimizer.learning_rate = plan.learning_rate
        self._compile(objectives)
        return self._optimizer

    def _follow_rules(self, plan: TrainingPlan) -> dict[int, float]:
        """Freeze what the plan freezes; the factor of the learning rate by the `id` of a variable, where it is not 1.

        A rule for a composite holds for all that is inside, unless that has one of its own.
        """
        could = any(weight.trainable for known in self.layer_analysis.nodes.values() for weight in known.weights)
        members = self.expansion.members
        rules = {}
        for rule in sorted(plan.blocks, key=lambda rule: -len(members.get(rule.node, ()))):
            rules.update(dict.fromkeys(members.get(rule.node, (rule.node,)), rule))
        factors = {}
        for layer in self.model.layers:
            rule = rules.get(layer.name, plan.rule(layer.name))
            layer.trainable = rule.trainable
            if rule.learning_rate_factor != 1:
                factors.update({id(weight): rule.learning_rate_factor for weight in layer.trainable_weights})
        if could and not self.model.trainable_weights:
            raise NetworkError(
                "Every block with weights is frozen, so nothing can be learned. Let at least one block be trained: "
                "select it and switch trainable on."
            )
        return factors

    def _compile(self, objectives: Sequence[Objective]) -> None:
        losses = [objective.loss() for objective in objectives]
        if len(losses) == 1:
            self.model.compile(optimizer=self._optimizer, loss=losses[0], metrics=[METRIC])
            return
        weights = [objective.weight for objective in objectives]
        measured = [[METRIC], *([] for _ in losses[1:])]
        self.model.compile(optimizer=self._optimizer, loss=losses, loss_weights=weights, metrics=measured)

    def end_weights(self) -> dict[str, list[Floats]]:
        """A copy of every weight as a run would end with it now: the running mean, where the plan keeps one."""
        means = {id(variable): mean for variable, mean in averages(self._optimizer)} if self._optimizer else {}
        return {
            layer.name: [means.get(id(weight), weight).numpy() for weight in layer.weights]
            for layer in self.model.layers
            if layer.weights
        }

    def end_averaging(self) -> None:
        """Put the running mean in place of the weights where the plan keeps one, as Keras does at the end of `fit`.

        Call it once the run has ended. A checkpoint from which it can go on is written before.
        """
        if self._optimizer is not None:
            inner(self._optimizer).finalize_variable_values(self.model.trainable_variables)

    def forget_optimizer(self) -> None:
        """Let the next run start with a fresh optimizer: this one's averages may no longer be finite."""
        self._optimizer_key = None

    # --- outputs ----------------------------------------------------------------------------------------------------
    def predict(self, images: Floats) -> Floats:
        """The raw main output for images that have the input's shape."""
        return self.predict_all(images)[0]

    def predict_all(self, images: Floats) -> list[Floats]:
        """Every raw output for images that have the input's shape: the main one, then the auxiliary ones."""
        outputs = self._forward(tf.constant(images))
        return [output.numpy() for output in (outputs if isinstance(outputs, list | tuple) else [outputs])]

    def predict_in_float32(self, images: Floats) -> list[Floats]:
        """`predict_all` as a model of these weights gives it that computes with float32 throughout."""
        if self.dtype_policy == "float32":
            return self.predict_all(images)
        with _computing_with("float32"):
            model = build_layers(self.expansion.network)
        for node_id, values in self.weights().items():
            put_weights(model.get_layer(node_id), values)
        outputs = model(images, training=False)
        return [np.asarray(output) for output in (outputs if isinstance(outputs, list | tuple) else [outputs])]

    def node_outputs(self, image: Floats, node_ids: Iterable[str]) -> dict[str, Floats]:
        """The outputs of some nodes for one image, without the batch axis.

        All nodes are computed by one compiled function, so that watching others needs no other one.
        """
        outputs = self._all_outputs(tf.constant(image[None]))
        return {node_id: outputs[node_id][0].numpy() for node_id in node_ids}

    def warm_up(self, image: Floats) -> None:
        """Compile what `node_outputs` calls, so that its time can be measured."""
        if not self._warm:
            self.node_outputs(image, ())
            self._warm = True

    def probabilities(self, outputs: Floats) -> Floats:
        """Outputs (samples, values) as probabilities (samples, classes)."""
        last = self.expansion.network.output_node
        assert last is not None
        return probabilities(outputs, activation_at(self.expansion.network, last))


@contextmanager
def _computing_with(policy: DtypePolicy) -> Iterator[None]:
    """Layers made meanwhile compute with this; the thread's own policy is put back."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _whole(outputs: Any) -> Any:
    """Outputs of half precision as float32, which everybody can read."""
    return tf.nest.map_structure(lambda y: tf.cast(y, tf.float32) if y.dtype.is_floating else y, outputs)


def _statistics(batches: Iterable[Floats]) -> tuple[npt.NDArray[Any], ...]:
    """Mean and variance of every channel (the last axis), and of how many values each is."""
    count, total, squares = 0, np.zeros(1), np.zeros(1)
    for batch in batches:
        values = batch.reshape(-1, batch.shape[-1]).astype(np.float64)
        count, total, squares = count + len(values), total + values.sum(0), squares + (values**2).sum(0)
    mean = total / max(count, 1)
    variance = np.maximum(squares / max(count, 1) - mean**2, 0)
    return mean.astype(np.float32), variance.astype(np.float32), np.array(count, np.int32)


def problem_text(network: Network, problem: Problem) -> str:
    """A problem and the node that has it."""
    return f"{network.node(problem.node_id).title} ({problem.node_id}): {problem.text}"


def checked(network: Network) -> Analysis:
    """The analysis of a network that can be built. Raises NetworkError for one that cannot."""
    analysis = analyse(network)
    if analysis.problems:
        raise NetworkError(problem_text(network, analysis.problems[0]))
    if not network.nodes:
        raise NetworkError("The network is empty. Drop an Input block, then others behind it.")
    needed, memory = analysis.parameters * BYTES_PER_VALUE, physical_memory()
    if needed > memory:
        raise NetworkError(
            f"The network has {analysis.parameters:,} parameters, which take {needed / 2**30:,.0f} GB; this machine "
            f"has {memory / 2**30:,.0f} GB. Use fewer filters or units, or pool before Flatten."
        )
    return analysis
