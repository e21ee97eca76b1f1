"""Why a block has its shape and its parameters, and what it would take without sharing its weights."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from models.analysis import NodeAnalysis
from models.analysis.dense_equivalent import dense_equivalent
from models.analysis.memory import bytes_text
from models.blocks import Block, shape_text
from models.blocks.composite import CompositeBlock
from widgets.inspector.parts import label, show_lines

UNSOLVED = "Shape and parameters are known once the problem above is solved."
WAITING = "Shape and parameters are known once the blocks before this one have no problem."


class Reasons(QFrame):
    """A card of headings with the formulas below them, the numbers filled in; what says nothing is hidden."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(4)
        self._parts = {
            title: (label(title, "heading"), label(size=11))
            for title in ("WHY THIS SHAPE", "WHY THIS MANY PARAMETERS", "WHAT IF THIS WERE DENSE")
        }
        for heading, lines in self._parts.values():
            layout.addWidget(heading)
            layout.addWidget(lines)
        self._facts = label(role="dim")
        layout.addWidget(self._facts)

    def set_block(self, block: Block | None, analysis: NodeAnalysis | None) -> None:
        """Explain a block with what is known of it; without both there is nothing to explain."""
        self.setVisible(block is not None and analysis is not None)
        if block is None or analysis is None:
            return
        if analysis.output_shape is None:
            self._show((), (), ())
            show_lines(self._facts, (UNSOLVED if analysis.problems else WAITING,))
            return
        shapes = analysis.input_shapes
        compared = dense_equivalent(block, shapes, analysis.output_shape)
        self._show(
            _shape_lines(block, analysis),
            block.parameter_formula(shapes),
            compared.lines if compared is not None else (),
        )
        show_lines(self._facts, _facts_lines(analysis))

    def _show(self, *texts: tuple[str, ...]) -> None:
        for (heading, lines), text in zip(self._parts.values(), texts, strict=True):
            heading.setVisible(bool(text))
            show_lines(lines, text)


def _shape_lines(block: Block, analysis: NodeAnalysis) -> tuple[str, ...]:
    """The block's own words; a composite's stand in the list of what is inside: here only what goes in and out."""
    if not isinstance(block, CompositeBlock):
        return block.shape_formula(analysis.input_shapes)
    entering = " and ".join(shape_text(shape) for shape in analysis.input_shapes)
    if len(analysis.output_shapes) == 1:
        return (f"{entering} → {shape_text(analysis.output_shapes[0])}, step by step in the list above",)
    names = zip(block.output_names, analysis.output_shapes, strict=True)
    return (f"{entering} →", *(f"{name}: {shape_text(shape)}" for name, shape in names))


def _facts_lines(analysis: NodeAnalysis) -> tuple[str, ...]:
    parts = [f"{analysis.multiply_adds:,} multiply-adds"] if analysis.multiply_adds else []
    if analysis.receptive_field:
        parts.insert(0, f"receptive field {shape_text(analysis.receptive_field)}")
    lines = [" · ".join(parts)] if parts else []
    details = [f"{bytes_text(analysis.activation_bytes)} of activations per image"]
    if analysis.receptive_field:
        jump, start = (_axes_text(analysis, name) for name in ("jump", "start"))
        details.insert(0, f"outputs {jump} {'pixel' if jump == '1' else 'pixels'} apart, the first from {start}")
    return (*lines, " · ".join(details))


def _axes_text(analysis: NodeAnalysis, name: str) -> str:
    """One number where all axes agree, `2, 1` where they do not."""
    texts = [str(getattr(field, name)).replace("-", "−") for field in analysis.fields[0]]
    return texts[0] if len(set(texts)) == 1 else ", ".join(texts)
