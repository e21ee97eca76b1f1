"""Keras layers for what Keras lacks: one file each, which needs Keras alone and is copied beside exported models."""

from models.runtime.layers.blur_pooling_2d import BlurPooling2D
from models.runtime.layers.channel_shuffle import ChannelShuffle
from models.runtime.layers.channel_slice import ChannelSlice
from models.runtime.layers.channel_split import ChannelSplit
from models.runtime.layers.deformable_conv_2d import DeformableConv2D
from models.runtime.layers.local_response_normalization import LocalResponseNormalization
from models.runtime.layers.lp_pooling_2d import LpPooling2D
from models.runtime.layers.max_pooling_with_indices_2d import MaxPoolingWithIndices2D
from models.runtime.layers.max_unpooling_2d import MaxUnpooling2D

__all__ = [
    "BlurPooling2D",
    "ChannelShuffle",
    "ChannelSlice",
    "ChannelSplit",
    "DeformableConv2D",
    "LocalResponseNormalization",
    "LpPooling2D",
    "MaxPoolingWithIndices2D",
    "MaxUnpooling2D",
]
