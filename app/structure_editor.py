"""`StructureEditor`: connections, branches and composite blocks, as the user makes and unmakes them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from app.selection_editor import SelectionEditor
from models.blocks import Block
from models.blocks.composite import CompositeBlock, Group
from models.network import branches, edits, grouping
from models.network.graph import Edge, Network, Source


class StructureEditor(SelectionEditor):
    """Applies edits of the graph itself: what feeds what, what stands beside what, and what is one composite."""

    # --- connections ------------------------------------------------------------------------------------------------
    def why_not_connect(self, source: Source, target: str) -> str:
        """Why an output cannot feed a block; empty where it can."""
        return branches.why_not_connect(self._document.network, source, target)

    def connect_to(self, source: Source, target: str) -> None:
        """Let an output feed a block as well; a block that takes one input and has it gets a merge before it."""
        network = self._document.network
        change = partial(branches.connect_or_merge, network, source, target, self._shape)
        self._apply("Connect", lambda: (change(), self._selection))

    def rewire(self, edge: Edge, target: str) -> None:
        """Let a connection lead to another block."""
        network = self._document.network
        self._apply("Rewire", lambda: (branches.rewire(network, edge, target, self._shape), self._selection))

    def disconnect_edge(self, edge: Edge) -> None:
        """Take a connection away, and with it a merge that joins nothing any more."""
        self._apply("Disconnect", lambda: (branches.cut(self._document.network, edge), self._selection))

    def disconnect_input(self, node_id: str, index: int) -> None:
        """Take an input away from a block, which stays to get another one."""
        node = self._document.network.find(node_id)
        if node is not None and index < len(node.inputs):
            edge = Edge(node.inputs[index], node_id, index)
            self._apply("Disconnect", lambda: (edits.disconnect(self._document.network, edge), self._selection))

    def selected_pair(self) -> tuple[str, str] | None:
        """The two selected blocks, in the network's order; None where there are not two."""
        chosen = [node.id for node in self._document.network.nodes if node.id in self._selection]
        return (chosen[0], chosen[1]) if len(chosen) == 2 else None

    def connect_selected(self) -> None:
        """Let the first of two selected blocks feed the second."""
        pair = self.selected_pair()
        if pair is not None:
            self.connect_to(Source(pair[0]), pair[1])

    def disconnectable(self) -> tuple[Edge, ...]:
        """The connections that `disconnect_selected` takes away."""
        chosen = set(self._selection)
        edges = (edge for edge in self._document.network.edges if edge.target in chosen)
        return tuple(edge for edge in edges if len(chosen) == 1 or edge.source.node in chosen)

    def disconnect_selected(self) -> None:
        """Take the connections between the selected blocks away; of a single one, those that feed it."""
        network, cut = self._document.network, self.disconnectable()

        def change() -> tuple[Network, Sequence[str]]:
            changed = network
            for edge in reversed(cut):  # the last input first: the others keep their places
                if edge in changed.edges:
                    changed = branches.cut(changed, edge)
            return changed, self._selection

        self._apply("Disconnect", change)

    # --- beside -----------------------------------------------------------------------------------------------------
    def insert_beside(self, block: Block, node_id: str) -> None:
        """Put a block beside another one, as a parallel branch."""
        network = self._document.network
        text = f"Insert {block.label} beside"
        self._apply(text, lambda: branches.insert_parallel(network, node_id, (block,), self._shape))

    def duplicate_beside(self) -> None:
        """Put a copy of the selected block beside it."""
        node = self._document.network.find(self.current)
        if node is not None:
            self.insert_beside(node.block, node.id)

    def move_beside(self, ids: Sequence[str], node_id: str) -> None:
        """Move blocks beside another one, as a parallel branch."""
        network = self._document.network
        self._apply("Move beside", lambda: (branches.move_parallel(network, ids, node_id, self._shape), ids))

    # --- composites -------------------------------------------------------------------------------------------------
    def why_not_group(self) -> str:
        """Why the selected blocks cannot be grouped; empty where they can."""
        return grouping.why_not_group(self._document.network, self._selection)

    def group(self, name: str) -> None:
        """Group the selected blocks under a name, and keep the group in the project for the palette."""
        made = self._attempt(lambda: grouping.group(self._document.network, self._selection, name))
        if made is not None:
            network, group_id = made
            self._keep(f"Group {name.strip()}", network.node(group_id).block, network)
            self.select((group_id,))

    def unpackable(self) -> tuple[str, ...]:
        """The selected composites."""
        nodes = (self._document.network.find(node_id) for node_id in self._selection)
        return tuple(node.id for node in nodes if node is not None and isinstance(node.block, CompositeBlock))

    def unpack(self) -> None:
        """Replace the selected composites by the blocks inside them."""
        nodes = self._document.analysis.nodes

        def change() -> tuple[Network, Sequence[str]]:
            network = self._document.network
            placed: list[str] = []
            for node_id in self.unpackable():
                network, ids = grouping.unpack(network, node_id, nodes[node_id].input_shapes)
                placed += ids
            return network, placed

        if self.unpackable():
            self._apply("Unpack", change)

    def keepable(self) -> Group | None:
        """The selected group, where the project does not have it among its composites."""
        node = self._document.network.find(self.current)
        block = node.block if node is not None else None
        return block if isinstance(block, Group) and block not in self._document.project.composites else None

    def keep_composite(self) -> None:
        """Offer the selected group in the palette."""
        block = self.keepable()
        if block is not None:
            self._keep(f"Keep {block.name}", block, self._document.network)

    def remove_composite(self, name: str) -> None:
        """Take a composite of the user's own out of the project; blocks in the network stay as they are."""
        project = self._document.project
        kept = tuple(composite for composite in project.composites if composite.name != name)
        self._document.edit(f"Remove {name}", project.replace(composites=kept))

    def _keep(self, text: str, block: Block, network: Network) -> None:
        assert isinstance(block, Group), "only groups are the user's own"
        project = self._document.project
        composites = grouping.with_composite(project.composites, block)
        changed = self._attempt(lambda: project.replace(network=network, composites=composites))
        if changed is not None:
            self._document.edit(text, changed)
