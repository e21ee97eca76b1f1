"""How to train: everything that is not the network or the data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.training.optimizers import Adam, AnyOptimizer
from models.training.schedules import AnySchedule, Constant

LossName = Literal[
    "auto", "sparse_categorical_crossentropy", "binary_crossentropy", "categorical_focal_crossentropy",
    "binary_focal_crossentropy", "categorical_hinge", "kl_divergence", "mean_squared_error", "mean_absolute_error",
    "huber",
]  # fmt: skip
Monitor = Literal["held_out_loss", "held_out_metric", "loss", "metric"]
Metric = Literal["top_3_accuracy", "top_5_accuracy", "precision", "recall", "f1_score", "auc"]
Clipping = Literal["none", "clipvalue", "clipnorm", "global_clipnorm"]
DtypePolicy = Literal["float32", "mixed_float16", "mixed_bfloat16"]

Rate = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]


class BlockRule(BaseModel):
    """How one block is trained, where that differs from the others: frozen, or with a learning rate of its own.

    Attributes:
        node: the block's id. A rule for a block that is not there any more says nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    node: Annotated[str, Field(min_length=1, max_length=1000)]
    trainable: bool = Field(True, description="Whether training changes this block's weights; off freezes them.")
    learning_rate_factor: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = Field(
        1.0, description="What the learning rate is multiplied by for this block."
    )

    @property
    def says_nothing(self) -> bool:
        """Whether it is what holds without a rule."""
        return self.trainable and self.learning_rate_factor == 1


class TrainingPlan(BaseModel):
    """Settings of a training run, in Keras's words where Keras has one."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    optimizer: AnyOptimizer = Field(Adam(), description="Rule by which gradients change the weights.")
    learning_rate: Rate = Field(0.001, description="Size of each step; too large diverges, too small crawls.")
    schedule: AnySchedule = Field(Constant(), description="How the learning rate changes during the run.")
    batch_size: Annotated[int, Field(ge=1, le=65_536)] = Field(64, description="Samples for each step.")
    epochs: Annotated[int, Field(ge=1, le=100_000)] = Field(15, description="Passes over the training samples.")
    max_steps: Annotated[int, Field(ge=1, le=10**9)] | None = Field(
        None, description="Ends the run after so many steps, even within an epoch; None trains all epochs."
    )
    loss: LossName = Field(
        "auto", description='What is minimized; "auto" takes cross-entropy in the form that suits the output.'
    )
    label_smoothing: Share = Field(
        0.0, description="Share of the target that is spread over all classes: keeps the network from being too sure."
    )
    focal_gamma: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = Field(
        2.0, description="How little the focal losses count samples that are right already (Lin et al. 2017)."
    )
    metrics: Annotated[tuple[Metric, ...], Field(max_length=6)] = Field(
        (), description="What else is measured on the held-out samples after each epoch."
    )
    validation_freq: Annotated[int, Field(ge=1, le=100_000)] = Field(
        1, description="Epochs between two measurements on the held-out samples."
    )
    clipping: Clipping = Field("none", description="Keeps gradients from growing beyond a threshold.")
    clip: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] = Field(
        1.0, description="That threshold: of each value, of each weight's gradient, or of all gradients together."
    )
    gradient_accumulation_steps: Annotated[int, Field(ge=1, le=10_000)] = Field(
        1, description="Batches whose gradients are averaged before the weights change: as one larger batch."
    )
    use_ema: bool = Field(False, description="Keep a running mean of the weights, and end with it.")
    ema_momentum: Share = Field(0.99, description="Share of the past in that running mean.")
    decay_all: bool = Field(
        False, description="Let weight decay shrink biases and normalization scales, too, as Keras does by itself."
    )
    monitor: Monitor = Field(
        "held_out_loss", description="What tells the best epoch, and what early stopping and plateaus go by."
    )
    early_stopping: bool = Field(False, description="End when what is monitored has not become better for long.")
    patience: Annotated[int, Field(ge=1, le=100_000)] = Field(5, description="Epochs that early stopping waits for.")
    min_delta: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] = Field(
        0.0, description="How much better a value must be for early stopping to count it."
    )
    restore_best_weights: bool = Field(False, description="End with the weights of the best epoch, not of the last.")
    dtype_policy: DtypePolicy = Field(
        "float32", description="Numbers that are computed with; mixed ones are faster on newer GPUs."
    )
    jit_compile: bool = Field(False, description="Compile with XLA: often faster on GPUs, rarely on CPUs.")
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = Field(
        1, description="Makes the initial weights, the order of samples and random changes repeatable."
    )
    deterministic: bool = Field(False, description="Only operations that always give the same; slower on GPUs.")
    checkpoint_epochs: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None, description="Epochs between two checkpoints; None goes by time alone."
    )
    checkpoint_minutes: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = Field(
        0.5, description="Most minutes between two checkpoints: what a crash can cost."
    )
    blocks: Annotated[tuple[BlockRule, ...], Field(max_length=10_000)] = Field(
        (), description="Blocks that are frozen or have a learning rate of their own."
    )

    def replace(self, **changes: object) -> TrainingPlan:
        """A copy with some fields changed, validated."""
        return TrainingPlan.model_validate({**dict(self), **changes})

    def rule(self, node_id: str) -> BlockRule:
        """How a block is trained."""
        return next((rule for rule in self.blocks if rule.node == node_id), BlockRule(node=node_id))

    def with_rule(self, rule: BlockRule) -> TrainingPlan:
        """A copy in which a block is trained as the rule says."""
        others = [other for other in self.blocks if other.node != rule.node]
        return self.replace(blocks=(*others, *(() if rule.says_nothing else (rule,))))

    @property
    def smaller_is_better(self) -> bool:
        """Whether what is monitored is a loss."""
        return self.monitor.endswith("loss")


DEFAULT_PLAN = TrainingPlan()
