"""`Remedy`: an edit that something found while training offers, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.blocks import Repair
from models.network.project import Project
from models.network.repairs import apply_repair


@dataclass(frozen=True)
class Remedy:
    """An edit of the project.

    Attributes:
        text: what its button says: `Learning rate 0.0003`.
        plan: fields of the training plan with their new values.
        preparation: fields of the preparation, likewise.
        node: the block that `repairs` are about.
        repairs: edits of the network, in order.
        others: repairs of further blocks, each with its block's id, where one edit is about several.
        trains: whether training follows at once: from fresh weights (`anew`), or going on (`on`).
    """

    text: str
    plan: tuple[tuple[str, object], ...] = ()
    preparation: tuple[tuple[str, object], ...] = ()
    node: str | None = None
    repairs: tuple[Repair, ...] = ()
    trains: Literal["", "anew", "on"] = ""
    others: tuple[tuple[str, Repair], ...] = ()

    def applied(self, project: Project) -> Project:
        """The project after the edit. Raises EditError where the block has gone, ValidationError for a bad value."""
        network = project.network
        if self.node is not None:
            for repair in self.repairs:
                network = apply_repair(network, self.node, repair)
        for node, repair in self.others:
            network = apply_repair(network, node, repair)
        return project.replace(
            network=network,
            plan=project.plan.replace(**dict(self.plan)) if self.plan else project.plan,
            preparation=project.preparation.replace(**dict(self.preparation))
            if self.preparation
            else project.preparation,
        )
