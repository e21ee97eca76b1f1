"""U-Net, after Ronneberger, Fischer & Brox 2015, "U-Net: convolutional networks for biomedical image segmentation".

It answers for every pixel: `classes` channels, whose softmax tells what the pixel shows.
"""

from __future__ import annotations

from models.blocks import Shape
from models.blocks.convolution import Conv2D
from models.blocks.encoder_decoder import DecoderStage, EncoderStage
from models.blocks.input import Input
from models.blocks.shapes import Padding
from models.network.graph import Network, Source
from models.zoo.chain import Chain

FILTERS = (64, 128, 256, 512)
BOTTOM = 1024


def unet(input_shape: Shape = (572, 572, 1), classes: int = 2) -> Network:
    """The paper's: valid convolutions, so that the output is smaller than the image and every pixel of it is real."""
    return _unet("valid", input_shape, classes)


def unet_same(input_shape: Shape = (256, 256, 1), classes: int = 2) -> Network:
    """With padding: the output is as large as the image, whatever its size."""
    return _unet("same", input_shape, classes)


def _unet(padding: Padding, input_shape: Shape, classes: int) -> Network:
    """Four stages down, the bottom, and four stages up, each joined to its opposite by a skip connection."""
    net = Chain(Input(shape=input_shape))
    skips = []
    for filters in FILTERS:
        stage = net.add(EncoderStage(filters=filters, padding=padding))
        skips.append(Source(stage.node, 1))
    for _ in range(2):
        net.add(Conv2D(filters=BOTTOM, padding=padding, activation="relu"))
    for filters, skip in zip(reversed(FILTERS), reversed(skips), strict=True):
        net.add(DecoderStage(filters=filters, padding=padding), after=(net.end, skip))
    net.add(Conv2D(filters=classes, kernel_size=(1, 1), activation="softmax"))
    return net.network()
