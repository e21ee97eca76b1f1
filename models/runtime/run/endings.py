"""What is said at the end of a run, and what is offered where it did not end well."""

from __future__ import annotations

from models.blocks import InsertAfter
from models.blocks.normalization import BatchNormalization
from models.network.expansion import Expansion
from models.network.graph import Node
from models.runtime.live_model import LiveModel
from models.training.remedies import Remedy
from models.training.run_state import RunState

CLIP_NORM = 1.0
"""Of all gradients together: what is usual."""


def finished_text(epochs: int, state: RunState, accuracy: float | None) -> str:
    """How a run ended that went through."""
    passes = f"Trained for {epochs} epoch{'s' if epochs != 1 else ''}"
    if state.last_step is not None and state.steps >= state.last_step and state.epoch < state.end_epoch:
        passes = f"Trained for {state.steps - state.first_step:,} steps"
    return f"{passes}." if accuracy is None else f"{passes}: {accuracy:.1%} of the held-out images are right."


def early_text(state: RunState) -> str:
    """How a run ended that no longer became better."""
    waited, monitor = state.stopping.waited, state.plan.monitor.replace("_", " ").replace("held out", "held-out")
    best = f" Epoch {state.best_epoch + 1} was the best." if state.best_epoch is not None else ""
    epochs = f"{waited} epoch{'s' if waited != 1 else ''}"
    return f"Ended early: the {monitor} has not become better for {epochs}.{best}"


def diverged_text(state: RunState, where: str | None) -> str:
    """Why a run ended in which numbers were no longer finite."""
    rate = state.learning_rate
    place = f" It began in {where}." if where else ""
    return (
        f"The loss was no longer a finite number in epoch {state.epoch + 1}, step {state.step + 1}.{place} Training "
        f"ended, and the last finite weights are kept. The learning rate was {rate:g}: try {_lower(rate, state):g}, or "
        "BatchNormalization."
    )


def _lower(rate: float, state: RunState) -> float:
    """A tenth of a rate, and no more than what the optimizer starts with by itself."""
    return float(f"{min(rate / 10, state.plan.optimizer.default_learning_rate):.3g}")


def title_of(live: LiveModel, layer: str) -> str:
    """A layer of the expansion as people know it."""
    node = live.expansion.network.find(layer)
    return f"{node.title} ({layer})" if node is not None else layer


def divergence_remedies(state: RunState, live: LiveModel, layer: str | None) -> tuple[Remedy, ...]:
    """Edits that keep numbers finite, the best one first."""
    plan, trains = state.plan, "on" if state.epoch > state.first_epoch else "anew"
    rate = _lower(plan.learning_rate, state)
    remedies = [Remedy(f"Learning rate {rate:g}", plan=(("learning_rate", rate),), trains=trains)]  # type: ignore[arg-type]
    if plan.clipping == "none":
        clip = (("clipping", "global_clipnorm"), ("clip", CLIP_NORM))
        remedies.append(Remedy(f"Clip gradients to norm {CLIP_NORM:g}", plan=clip, trains="anew"))
    if plan.dtype_policy == "mixed_float16":
        remedies.append(Remedy("Compute with float32", plan=(("dtype_policy", "float32"),), trains="anew"))
    node = _without_normalization(live, layer)
    if node is not None:
        insert = InsertAfter("Insert BatchNormalization", (BatchNormalization(),))
        remedies.append(
            Remedy(f"BatchNormalization behind {node.title}", node=node.id, repairs=(insert,), trains="anew")
        )
    return tuple(remedies)


def _without_normalization(live: LiveModel, layer: str | None) -> Node | None:
    """The block at or before a layer behind which BatchNormalization would help: it has weights, and none follows."""
    network = live.network
    if layer is None or any(node.block.type == "BatchNormalization" for node in live.expansion.network.nodes):
        return None
    place = _outer(live.expansion, network.nodes, layer)
    weighty = {node_id for node_id, known in live.analysis.nodes.items() if known.weights}
    candidates = [
        node
        for node in network.nodes[: place + 1]
        if node.id in weighty and not node.block.adapts and node is not network.output_node
    ]
    return candidates[-1] if candidates else None


def _outer(expansion: Expansion, nodes: tuple[Node, ...], layer: str) -> int:
    """Where the node stands that a layer of the expansion belongs to; the last one where none does."""
    for position, node in enumerate(nodes):
        if node.id == layer or layer in expansion.members.get(node.id, ()):
            return position
    return len(nodes) - 1
