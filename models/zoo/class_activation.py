"""Class activation maps, after Zhou et al. 2016, "Learning deep features for discriminative localization".

Global average pooling joins the last convolution to the classes, one weight for each channel: the channels' maps, added
with a class's weights, show where in the image the class was found.
"""

from __future__ import annotations

from models.blocks import Shape
from models.blocks.convolution_unit import ConvolutionUnit
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.pooling import GlobalAveragePooling2D
from models.blocks.vgg import VGGBlock
from models.network.graph import Network, stack


def cam_cnn(input_shape: Shape = (64, 64, 3), classes: int = 10) -> Network:
    """Three blocks that halve the image, a convolution, global average pooling and one dense layer.

    Three halvings only, so that the maps keep an eighth of the image's size.
    """
    return stack(
        Input(shape=input_shape),
        *(VGGBlock(convolutions=2, filters=filters, batch_normalization=True) for filters in (32, 64, 128)),
        ConvolutionUnit(filters=256),
        GlobalAveragePooling2D(),
        Dense(units=classes, activation="softmax"),
    )
