"""Keras layers for what Keras lacks: one file each, which needs Keras alone and can be copied beside a model."""
