"""`Editor`: what the user does in the views, turned into edits of the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from app import clipboard
from app.structure_editor import StructureEditor
from models.blocks import Block, Repair, Shape
from models.blocks.fields import first_mistake
from models.blocks.input import Input
from models.network import copying, edits
from models.network.graph import Edge, Network
from models.network.repairs import apply_repair
from models.training.plan import BlockRule
from models.zoo import Template

DEFAULT_SHAPE: Shape = (32, 32, 1)


class Editor(StructureEditor):
    """What the user does to blocks: put in, taken out, copied, changed."""

    # --- inserting --------------------------------------------------------------------------------------------------
    def insert(self, block: Block, edge: Edge | None) -> None:
        """Insert a block on an edge; without one, behind the output."""
        self._insert((block,), edge, None, f"Insert {block.label}")

    def append(self, block: Block) -> None:
        """Insert a block behind the selection, or behind the output when nothing is selected."""
        self._insert((block,), None, self.current, f"Add {block.label}")

    def insert_template(self, template: Template, edge: Edge | None) -> None:
        """Open an architecture, made for the data set's classes, on an empty canvas; insert it into a network.

        There it leaves its Input out; auxiliary outputs that it has become the network's.
        """
        network, facts = self._document.network, self._document.facts
        made = template.network(None, facts.classes if facts else None)
        if not network.nodes:
            self._document.edit_network(f"Open {template.title}", made)
            return

        def change() -> tuple[Network, Sequence[str]]:
            if edge is not None:
                changed, ids = copying.paste_on_edge(network, made, edge)
            else:
                changed, ids = copying.paste(network, made, None)
            return changed, ids[-1:]

        self._apply(f"Insert {template.title}", change)

    def _insert(self, blocks: tuple[Block, ...], edge: Edge | None, after: str | None, text: str) -> None:
        network = self._document.network
        if not network.nodes and blocks and blocks[0].max_inputs > 0:
            blocks = (Input(shape=self._input_shape()), *blocks)

        def change() -> tuple[Network, Sequence[str]]:
            if edge is not None:
                changed, ids = edits.insert_on_edge(network, edge, blocks)
            else:
                changed, ids = edits.insert_after(network, after, blocks)
            return changed, ids[-1:]

        self._apply(text, change)

    def _input_shape(self) -> Shape:
        """The Input that suits the data set: its own channels, at least LeNet's 32 pixels."""
        facts = self._document.facts
        if facts is None:
            return DEFAULT_SHAPE
        if len(facts.sample_shape) != len(DEFAULT_SHAPE):
            return facts.sample_shape
        height, width, channels = facts.sample_shape
        return (min(max(height, 32), 224), min(max(width, 32), 224), channels)

    # --- changing ---------------------------------------------------------------------------------------------------
    def move(self, ids: Sequence[str], edge: Edge | None) -> None:
        """Move blocks to an edge, or behind the output."""
        self._apply("Move", lambda: (edits.move(self._document.network, ids, edge), self._selection))

    def delete(self) -> None:
        """Delete the selection; the chain heals, and the block behind takes the selection."""
        network, chosen = self._document.network, set(self._selection)
        order = [node.id for node in network.nodes]
        last = max((order.index(node_id) for node_id in chosen), default=-1)
        following = [
            node_id for node_id in (*order[last + 1 :], *reversed(order[: max(last, 0)])) if node_id not in chosen
        ]
        text = "Delete" if len(chosen) == 1 else f"Delete {len(chosen)} blocks"
        self._apply(text, lambda: (edits.remove(network, chosen), following[:1]))

    def duplicate(self) -> None:
        """Put a copy of the selection behind it."""
        self._apply("Duplicate", lambda: copying.duplicate(self._document.network, self._selection))

    def paste(self, fragment: Network) -> None:
        """Insert copied blocks behind the selection."""
        self._apply("Paste", lambda: copying.paste(self._document.network, fragment, self.current))

    def copy(self) -> None:
        """Copy the selected blocks to the clipboard."""
        if self._selection:
            clipboard.copy(copying.copy_fragment(self._document.network, self._selection))

    def cut(self) -> None:
        """Move the selected blocks to the clipboard."""
        self.copy()
        self.delete()

    def paste_clipboard(self) -> None:
        """Insert the clipboard's blocks behind the selection."""
        fragment = clipboard.pasted()
        if fragment is None:
            self.refused.emit("The clipboard holds no blocks. Copy some on the canvas first.")
        else:
            self.paste(fragment)

    def set_field(self, node_id: str, field: str, value: object, session: str = "") -> None:
        """Change one field of a block; edits of one session merge."""
        node = self._document.network.find(node_id)
        if node is None:
            return

        def change() -> tuple[Network, Sequence[str]]:
            block = node.block.replace(**{field: value})
            return edits.replace_block(self._document.network, node_id, block), self._selection

        self._apply(f"Change {field}", change, session)

    def rename(self, node_id: str, name: str) -> None:
        """Change the name that people see."""
        if node_id in self._document.network:
            self._apply("Rename", lambda: (edits.rename(self._document.network, node_id, name[:200]), self._selection))

    def repair(self, node_id: str, repair: Repair) -> None:
        """Apply a repair that a problem offers."""
        network = self._document.network
        self._apply(repair.text, lambda: (apply_repair(network, node_id, repair), self._selection))

    # --- the plan ---------------------------------------------------------------------------------------------------
    def set_plan(self, field: str, value: object, session: str = "") -> None:
        """Change one setting of the training plan; edits of one session merge."""
        self.change_plan(f"Change {field}", {field: value}, session)

    def change_plan(self, text: str, changes: Mapping[str, object], session: str = "") -> bool:
        """Change several settings of the plan as one edit, which `text` names; the answer says whether it was one."""
        project = self._document.project
        try:
            plan = project.plan.replace(**changes)
        except ValidationError as error:
            self.refused.emit(f"Not changed. {first_mistake(error)}.")
            return False
        return self._document.edit(text, project.replace(plan=plan), session)

    def set_block_rule(self, rule: BlockRule, session: str = "") -> None:
        """Change how one block is trained."""
        node = self._document.network.find(rule.node)
        if node is not None:
            plan = self._document.project.plan.with_rule(rule)
            self.change_plan(f"Change training of {node.title}", {"blocks": plan.blocks}, session)
