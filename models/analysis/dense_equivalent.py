"""What if a convolution were dense? The argument for sharing weights, with the numbers filled in.

After LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition": the same kernel at every
position, instead of weights of its own for each, or instead of weights between everything and everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from models.blocks import Block, Shape, Shapes, shape_text
from models.blocks.composite import CompositeBlock


@dataclass(frozen=True)
class DenseEquivalent:
    """The parameters that a convolution has, and those of layers with as many outputs that share less.

    Attributes:
        biased: whether the convolution adds biases; then so do the others.
        shared: of the convolution as it is.
        unshared: with a kernel of its own at every output position; None for a transposed convolution, whose outputs
            see different numbers of inputs.
        grid: the shape with the convolution's input channels at each of its output positions.
        dense_on_grid: of a dense layer that connects `grid` to the output, with a bias for each output value.
        dense: of a dense layer that connects the whole input to the output.
    """

    biased: bool
    input_shape: Shape
    output_shape: Shape
    grid: Shape
    shared: int
    unshared: int | None
    dense_on_grid: int
    dense: int

    @property
    def lines(self) -> tuple[str, ...]:
        """The comparison in words, from the fewest parameters to the most."""
        output = shape_text(self.output_shape)
        lines = [f"shared by all positions: {self.shared:,}"]
        if self.unshared is not None:
            positions = "·".join(str(size) for size in self.output_shape[:-1])
            lines.append(f"a kernel for each position: {positions} · {self.shared:,} = {self.unshared:,}")
        lines.append(self._dense_line(self.grid, self.dense_on_grid, output))
        if self.grid != self.input_shape:
            lines.append(self._dense_line(self.input_shape, self.dense, output))
        return tuple(lines)

    def _dense_line(self, shape: Shape, count: int, output: str) -> str:
        sizes = "·".join(str(size) for size in shape)
        each = f"({sizes} + 1)" if self.biased else sizes
        outputs = "·".join(str(size) for size in self.output_shape)
        return f"dense, {shape_text(shape)} → {output}: {each} · {outputs} = {count:,}{_times(count, self.shared)}"


def dense_equivalent(block: Block, inputs: Shapes, output: Shape) -> DenseEquivalent | None:
    """The comparison for a convolution with inputs and an output of these shapes; None for any other block.

    >>> dense_equivalent(Conv2D(filters=96, kernel_size=11, strides=4), ((227, 227, 3),), (55, 55, 96)).dense_on_grid
    2635670400
    """
    if not block.has_filters or isinstance(block, CompositeBlock) or len(inputs) != 1 or len(output) < 2:
        return None
    (entering,) = inputs
    weights = block.weight_shapes(inputs)
    window = block.window(inputs)
    shared = sum(weight.size for weight in weights)
    biased = any(len(weight.shape) == 1 for weight in weights)
    grid = (*output[:-1], entering[-1])
    backwards = window is not None and bool(window.upsampling)
    return DenseEquivalent(
        biased=biased,
        input_shape=entering,
        output_shape=output,
        grid=grid,
        shared=shared,
        unshared=None if backwards else prod(output[:-1]) * shared,
        dense_on_grid=(prod(grid) + biased) * prod(output),
        dense=(prod(entering) + biased) * prod(output),
    )


def _times(count: int, shared: int) -> str:
    """` (75,425 times as many)`, where that says something."""
    return f" ({count // shared:,} times as many)" if count >= 2 * shared else ""
