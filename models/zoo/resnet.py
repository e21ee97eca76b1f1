"""ResNet, after He, Zhang, Ren & Sun 2016, "Deep residual learning for image recognition", and its plain twins.

Convolutions have no bias, since batch normalization follows each; shortcuts are projected where the shape changes
(option B of the paper), in the networks for CIFAR-10 as well.
"""

from __future__ import annotations

from models.blocks import Shape
from models.blocks.convolution_unit import ConvolutionUnit
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.pooling import GlobalAveragePooling2D, MaxPooling2D
from models.blocks.residual import BottleneckBlock, PlainBlock, ResidualBlock
from models.network.graph import Network
from models.zoo.chain import Chain

Kind = type[ResidualBlock] | type[BottleneckBlock] | type[PlainBlock]


def _imagenet(kind: Kind, repeats: tuple[int, ...], input_shape: Shape, classes: int) -> Network:
    """Table 1: a 7×7 convolution and pooling, four stages that halve the image and double the channels."""
    net = Chain(
        Input(shape=input_shape),
        ConvolutionUnit(filters=64, kernel_size=(7, 7), strides=(2, 2)),
        MaxPooling2D(pool_size=(3, 3), strides=(2, 2), padding="same"),
    )
    return _stages(net, kind, (64, 128, 256, 512), repeats, classes)


def _cifar(kind: Kind, n: int, input_shape: Shape, classes: int) -> Network:
    """Section 4.2: a 3×3 convolution and three stages of n blocks, 6n + 2 layers in all."""
    net = Chain(Input(shape=input_shape), ConvolutionUnit(filters=16))
    return _stages(net, kind, (16, 32, 64), (n, n, n), classes)


def _stages(net: Chain, kind: Kind, filters: tuple[int, ...], repeats: tuple[int, ...], classes: int) -> Network:
    for stage, (channels, count) in enumerate(zip(filters, repeats, strict=True)):
        for number in range(count):
            halving = stage > 0 and number == 0
            net.add(kind(filters=channels, strides=2 if halving else 1), name=f"Stage {stage + 1}, block {number + 1}")
    net.add(GlobalAveragePooling2D(), Dense(units=classes, activation="softmax"))
    return net.network()


def resnet18(input_shape: Shape = (224, 224, 3), classes: int = 1000) -> Network:
    """Eight residual blocks."""
    return _imagenet(ResidualBlock, (2, 2, 2, 2), input_shape, classes)


def resnet34(input_shape: Shape = (224, 224, 3), classes: int = 1000) -> Network:
    """Sixteen residual blocks."""
    return _imagenet(ResidualBlock, (3, 4, 6, 3), input_shape, classes)


def resnet50(input_shape: Shape = (224, 224, 3), classes: int = 1000) -> Network:
    """Sixteen bottleneck blocks."""
    return _imagenet(BottleneckBlock, (3, 4, 6, 3), input_shape, classes)


def resnet101(input_shape: Shape = (224, 224, 3), classes: int = 1000) -> Network:
    """33 bottleneck blocks."""
    return _imagenet(BottleneckBlock, (3, 4, 23, 3), input_shape, classes)


def resnet152(input_shape: Shape = (224, 224, 3), classes: int = 1000) -> Network:
    """50 bottleneck blocks."""
    return _imagenet(BottleneckBlock, (3, 8, 36, 3), input_shape, classes)


def resnet20(input_shape: Shape = (32, 32, 3), classes: int = 10) -> Network:
    """20 layers for CIFAR-10."""
    return _cifar(ResidualBlock, 3, input_shape, classes)


def resnet56(input_shape: Shape = (32, 32, 3), classes: int = 10) -> Network:
    """56 layers for CIFAR-10."""
    return _cifar(ResidualBlock, 9, input_shape, classes)


def plain20(input_shape: Shape = (32, 32, 3), classes: int = 10) -> Network:
    """ResNet-20 without its shortcuts."""
    return _cifar(PlainBlock, 3, input_shape, classes)


def plain56(input_shape: Shape = (32, 32, 3), classes: int = 10) -> Network:
    """ResNet-56 without its shortcuts: deeper than its twin, and worse, even on what it was trained with."""
    return _cifar(PlainBlock, 9, input_shape, classes)
