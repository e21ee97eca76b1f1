"""The edits that rules offer, as remedies. Each fits the network and the plan of the run that the evidence is of."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from models.blocks import InsertAfter, InsertBefore, Repair, SetFields
from models.blocks.normalization import BatchNormalization, Dropout
from models.data.steps import Step
from models.data.steps.geometric import RandomRotation, RandomTranslation
from models.data.steps.signals import RandomScaling, RandomShift
from models.network.graph import Node
from models.training.diagnosis.evidence import Evidence
from models.training.plan import TrainingPlan
from models.training.remedies import Remedy
from models.training.schedules.curves import Cosine

Remedies = tuple[Remedy, ...]

NICE = (1.0, 2.0, 3.0, 5.0, 10.0)
DROPOUT, MORE_DROPOUT, MOST_DROPOUT = 0.3, 0.15, 0.6
WEIGHT_DECAY = 1e-4
"""What ResNets were trained with (He et al. 2016); with AdamW it is rather 0.01 (Loshchilov and Hutter 2019)."""

WIDEST = 1024
"""Wider blocks are not made twice as wide."""

SQUASHING = ("tanh", "sigmoid", "softsign", "hard_sigmoid")


def joined(*offered: Remedy | None) -> Remedies:
    """Those remedies that there are."""
    return tuple(remedy for remedy in offered if remedy is not None)


def planned(text: str, plan: TrainingPlan, **changes: object) -> Remedy | None:
    """An edit of the plan; None where the plan is so already."""
    new = tuple((name, value) for name, value in changes.items() if getattr(plan, name) != value)
    return Remedy(text, plan=new) if new else None


def anew(*offered: Remedy | None) -> Remedies:
    """The first remedy there is trains at once: what the run has come to is worth nothing."""
    first, *others = joined(*offered) or (None,)
    if first is None:
        return ()
    return (replace(first, text=f"{first.text}, train anew", trains="anew"), *joined(*others))


# --- the plan ---------------------------------------------------------------------------------------------------------
def nice(value: float) -> float:
    """The nearest number of one digit, 1, 2, 3 or 5, on a logarithmic scale: 0.00034 becomes 0.0003."""
    power = 10.0 ** math.floor(math.log10(value))
    best = min(NICE, key=lambda digit: abs(math.log(value / power / digit)))
    return float(f"{best * power:.6g}")


def lower_rate(evidence: Evidence, factor: float = 10.0) -> Remedy | None:
    """A learning rate that is lower by a factor, and no higher than what the optimizer starts with by itself."""
    plan = evidence.plan
    wanted = nice(min(plan.learning_rate / factor, plan.optimizer.default_learning_rate))
    return planned(f"Learning rate {wanted:g}", plan, learning_rate=wanted) if wanted < plan.learning_rate else None


def raise_rate(evidence: Evidence, factor: float = 10.0) -> Remedy | None:
    """A learning rate that is higher by a factor, and no higher than what the optimizer starts with by itself."""
    plan = evidence.plan
    wanted = nice(min(plan.learning_rate * factor, plan.optimizer.default_learning_rate))
    return planned(f"Learning rate {wanted:g}", plan, learning_rate=wanted) if wanted > plan.learning_rate else None


def default_rate(evidence: Evidence) -> Remedy | None:
    """The learning rate that the optimizer starts with by itself."""
    wanted = evidence.plan.optimizer.default_learning_rate
    return planned(f"Learning rate {wanted:g}", evidence.plan, learning_rate=wanted)


def clip_gradients(evidence: Evidence, at: float = 1.0) -> Remedy | None:
    """All gradients together are scaled down where they are larger (Pascanu et al. 2013)."""
    if evidence.plan.clipping != "none":
        return None
    return planned(f"Clip gradients at {at:g}", evidence.plan, clipping="global_clipnorm", clip=at)


def warm_up(evidence: Evidence) -> Remedy | None:
    """The learning rate rises slowly at first, and falls along a cosine (Loshchilov and Hutter 2017)."""
    if evidence.plan.schedule.type != "Constant":
        return None
    return planned("Cosine schedule with warm-up", evidence.plan, schedule=Cosine())


def stop_early(evidence: Evidence, best_epoch: int) -> Remedy | None:
    """The run ends by itself, with the weights of its best epoch."""
    return planned(
        f"Stop early, as after epoch {best_epoch}", evidence.plan,
        early_stopping=True, monitor="held_out_loss", restore_best_weights=True,
    )  # fmt: skip


def decay_weights(evidence: Evidence) -> Remedy | None:
    """Weights are kept small."""
    optimizer = evidence.plan.optimizer
    decay = 0.01 if optimizer.type == "AdamW" else WEIGHT_DECAY
    if optimizer.weight_decay >= decay:
        return None
    return planned(f"Weight decay {decay:g}", evidence.plan, optimizer=optimizer.replace(weight_decay=decay))


def batch_of(evidence: Evidence, size: int) -> Remedy | None:
    """Another batch size."""
    return planned(f"Batch size {size:,}", evidence.plan, batch_size=size)


def more_epochs(evidence: Evidence, factor: int = 2) -> Remedy | None:
    """A longer run, begun anew."""
    return planned(f"{evidence.plan.epochs * factor:,} epochs", evidence.plan, epochs=evidence.plan.epochs * factor)


# --- the data ---------------------------------------------------------------------------------------------------------
def augment(evidence: Evidence) -> Remedy | None:
    """Small random changes that keep what a sample shows; mirroring is none of them: digits do not keep theirs."""
    if evidence.preparation.augmentation:
        return None
    steps: dict[int, tuple[str, tuple[Step, ...]]] = {
        3: ("Augment: small moves and turns", (RandomTranslation(), RandomRotation(factor=0.03))),
        2: ("Augment: small shifts and scaling", (RandomShift(), RandomScaling())),
    }
    chosen = steps.get(len(evidence.facts.sample_shape))
    return Remedy(chosen[0], preparation=(("augmentation", chosen[1]),)) if chosen is not None else None


def balance_classes(evidence: Evidence) -> Remedy | None:
    """Rare classes count as much as common ones."""
    if evidence.preparation.balance != "none":
        return None
    return Remedy("Let rare classes count more", preparation=(("balance", "class_weight"),))


# --- the network ------------------------------------------------------------------------------------------------------
def drop_out(evidence: Evidence) -> Remedy | None:
    """Dropout before the block that makes the scores, or more of it where there is some."""
    network, head = evidence.structure.network, evidence.structure.head
    if head is None or not head.inputs:
        return None
    before = network.node(head.inputs[0].node)
    if isinstance(before.block, Dropout):
        rate = round(min(before.block.rate + MORE_DROPOUT, MOST_DROPOUT), 2)
        text = f"Dropout {rate:g} instead of {before.block.rate:g}"
        repair = SetFields(text, (("rate", rate),))
        return Remedy(text, node=before.id, repairs=(repair,)) if rate > before.block.rate else None
    text = f"Dropout {DROPOUT:g} before {named(head)}"
    return Remedy(text, node=head.id, repairs=(InsertBefore(text, (Dropout(rate=DROPOUT),)),))


def several(text: str, repairs: Iterable[tuple[str, Repair]]) -> Remedy | None:
    """One edit of several blocks; None where there is nothing to do."""
    found = tuple(repairs)
    if not found:
        return None
    node, first = found[0]
    return Remedy(text, node=node, repairs=(first,), others=found[1:])


def fields_of(nodes: Iterable[Node], field: str, value: object, text: str) -> Remedy | None:
    """The same value for a field of several blocks, of those that have the field and another value."""
    changed = [node for node in nodes if field in type(node.block).model_fields and getattr(node.block, field) != value]
    repair = SetFields(text, ((field, value),))
    return several(f"{text} {_where(changed)}", ((node.id, repair) for node in changed))


def activate_with(evidence: Evidence, layers: Iterable[str], activation: str, title: str) -> Remedy | None:
    """Another activation in those blocks that squash their values."""
    nodes = [node for layer in layers if (node := evidence.structure.own(layer)) is not None]
    squashing = [node for node in nodes if getattr(node.block, "activation", None) in SQUASHING]
    return fields_of(squashing, "activation", activation, title)


def leak(evidence: Evidence, layers: Iterable[str]) -> Remedy | None:
    """ReLUs that let a little of the negative values through, so that a gradient comes back (Maas et al. 2013)."""
    found: list[tuple[str, Repair]] = []
    nodes: list[Node] = []
    for layer in layers:
        node = evidence.structure.own(layer)
        if node is None:
            continue
        if node.block.type == "ReLU":
            changes: tuple[tuple[str, object], ...] = (("negative_slope", 0.1),)
        elif getattr(node.block, "activation", None) in ("relu", "relu6"):
            changes = (("activation", "leaky_relu"),)
        else:
            continue
        nodes.append(node)
        found.append((node.id, SetFields("Leaky ReLU", changes)))
    return several(f"Leaky ReLU {_where(nodes)}", found)


def start_as(evidence: Evidence, layers: Iterable[str], initializer: str, title: str) -> Remedy | None:
    """Other initial weights of those blocks that are no composites."""
    nodes = [node for layer in layers if (node := evidence.structure.own(layer)) is not None]
    return fields_of(nodes, "kernel_initializer", initializer, title)


def normalize(evidence: Evidence) -> Remedy | None:
    """BatchNormalization behind every convolution and dense layer but the last, where there is none at all."""
    structure = evidence.structure
    if structure.batch_normalizations:
        return None
    nodes = [node for layer in structure.kernels if structure.is_hidden(layer) and (node := structure.own(layer))]
    text = "BatchNormalization"
    repairs = ((node.id, InsertAfter(text, (BatchNormalization(),))) for node in nodes)
    return several(f"{text} behind {_counted(nodes)}", repairs)


def widen(evidence: Evidence) -> Remedy | None:
    """Twice the filters or units in the hidden blocks of a chain; where branches meet, all would have to fit."""
    structure = evidence.structure
    if any(node.block.max_inputs > 1 or node.block.type == "Reshape" for node in structure.network.nodes):
        return None
    nodes = [node for layer in structure.kernels if structure.is_hidden(layer) and (node := structure.own(layer))]
    found: list[tuple[str, Repair]] = []
    for node in nodes:
        name = next((name for name in ("filters", "units") if name in type(node.block).model_fields), None)
        if name is not None and getattr(node.block, name) <= WIDEST:
            found.append((node.id, SetFields("Twice as wide", ((name, 2 * getattr(node.block, name)),))))
    return several(f"Twice the width {_where([structure.network.node(key) for key, _ in found])}", found)


def named(node: Node) -> str:
    """`Dense (dense_2)`."""
    return f"{node.title} ({node.id})"


def _where(nodes: list[Node]) -> str:
    return f"in {_counted(nodes)}"


def _counted(nodes: list[Node]) -> str:
    return named(nodes[0]) if len(nodes) == 1 else f"{len(nodes)} blocks"
