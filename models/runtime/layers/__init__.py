"""Keras layers for what Keras lacks: one file each, which needs Keras alone and is copied beside exported models."""

from models.runtime.layers.channel_shuffle import ChannelShuffle
from models.runtime.layers.channel_split import ChannelSplit
from models.runtime.layers.local_response_normalization import LocalResponseNormalization
from models.runtime.layers.max_pooling_with_indices_2d import MaxPoolingWithIndices2D
from models.runtime.layers.max_unpooling_2d import MaxUnpooling2D

__all__ = [
    "ChannelShuffle",
    "ChannelSplit",
    "LocalResponseNormalization",
    "MaxPoolingWithIndices2D",
    "MaxUnpooling2D",
]
