"""SegNet, after Badrinarayanan, Kendall & Cipolla 2017, "SegNet: a deep convolutional encoder-decoder architecture"."""

from __future__ import annotations

from models.blocks import Shape
from models.blocks.convolution import Conv2D
from models.blocks.input import Input
from models.blocks.unpooling import MaxPoolingWithIndices2D, MaxUnpooling2D
from models.blocks.vgg import VGGBlock
from models.network.graph import Network, Source
from models.zoo.chain import Chain

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Filters and convolutions of the encoder's stages: those of VGG-16."""


def segnet(input_shape: Shape = (224, 224, 3), classes: int = 12) -> Network:
    """VGG-16's convolutions down and the same up; the decoder puts values back where the encoder's pooling took them.

    The last convolution of each stage up already has the next stage's channels, the very last one the classes.
    """
    net = Chain(Input(shape=input_shape))
    height, width = input_shape[:2]
    poolings = []
    for filters, count in STAGES:
        net.add(VGGBlock(convolutions=count, filters=filters, pool=False, batch_normalization=True))
        pooled = net.add(MaxPoolingWithIndices2D())
        poolings.append((Source(pooled.node, 1), (height, width)))
        height, width = height // 2, width // 2
    thinner = [None, *(filters for filters, _ in STAGES[:-1])]
    for (filters, count), target, (indices, size) in zip(
        reversed(STAGES), reversed(thinner), reversed(poolings), strict=True
    ):
        odd = size[0] % 2 or size[1] % 2
        net.add(MaxUnpooling2D(output_size=size if odd else None), after=(net.end, indices))
        net.add(VGGBlock(convolutions=count - 1, filters=filters, pool=False, batch_normalization=True))
        if target is not None:
            net.add(VGGBlock(convolutions=1, filters=target, pool=False, batch_normalization=True))
    net.add(Conv2D(filters=classes, kernel_size=(3, 3), padding="same", activation="softmax"))
    return net.network()
