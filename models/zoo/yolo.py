"""YOLO v1, after Redmon, Divvala, Girshick & Farhadi 2016, "You only look once: unified, real-time object detection".

The image is a grid of cells, one for every 64×64 pixels. Each cell says where two boxes lie and how sure it is of them
(x, y, width, height, confidence), and what it shows: 5·2 + `classes` numbers.
"""

from __future__ import annotations

from math import ceil

from models.blocks import Block, Shape
from models.blocks.activation import LeakyReLU
from models.blocks.convolution_unit import ConvolutionUnit
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import Dropout
from models.blocks.pooling import MaxPooling2D
from models.blocks.shaping import Flatten, Reshape
from models.network.graph import Network
from models.zoo.chain import Chain

BOXES = 2
PIXELS_PER_CELL = 64

Convolution = tuple[int, int]
"""Filters and kernel size."""

STAGES: tuple[tuple[Convolution, ...], ...] = (
    ((192, 3),),
    ((128, 1), (256, 3), (256, 1), (512, 3)),
    (*((256, 1), (512, 3)) * 4, (512, 1), (1024, 3)),
    (*((512, 1), (1024, 3)) * 2, (1024, 3)),
)
"""The convolutions behind each halving, figure 3."""

TINY_FILTERS = (16, 32, 64, 128, 256, 512)


def yolo_v1(input_shape: Shape = (448, 448, 3), classes: int = 20) -> Network:
    """24 convolutions and two dense layers."""
    net = Chain(Input(shape=input_shape), _convolution(64, 7, strides=2))
    for stage in STAGES:
        net.add(_halving(), *(_convolution(filters, kernel_size) for filters, kernel_size in stage))
    net.add(_convolution(1024, 3, strides=2), _convolution(1024, 3), _convolution(1024, 3))
    net.add(Flatten(), Dense(units=4096), LeakyReLU(negative_slope=0.1), Dropout(rate=0.5))
    net.add(*_cells(input_shape, classes))
    return net.network()


def yolo_v1_tiny(input_shape: Shape = (448, 448, 3), classes: int = 20) -> Network:
    """Eight convolutions in place of 24, with batch normalization, and one dense layer."""
    net = Chain(Input(shape=input_shape))
    for filters in TINY_FILTERS:
        net.add(ConvolutionUnit(filters=filters, activation="leaky_relu"), _halving())
    for filters in (1024, 256):
        net.add(ConvolutionUnit(filters=filters, activation="leaky_relu"))
    net.add(Flatten(), *_cells(input_shape, classes))
    return net.network()


def _cells(input_shape: Shape, classes: int) -> tuple[Block, ...]:
    """The grid's numbers as one dense layer, arranged by cell."""
    rows, columns = (ceil(size / PIXELS_PER_CELL) for size in input_shape[:2])
    depth = 5 * BOXES + classes
    return Dense(units=rows * columns * depth), Reshape(target_shape=(rows, columns, depth))


def _convolution(filters: int, kernel_size: int, strides: int = 1) -> Block:
    return ConvolutionUnit(
        filters=filters,
        kernel_size=(kernel_size, kernel_size),
        strides=(strides, strides),
        batch_normalization=False,
        activation="leaky_relu",
    )


def _halving() -> Block:
    return MaxPooling2D(padding="same")
