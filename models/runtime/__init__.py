"""The only importers of TensorFlow and Keras: builder, engine, probes, exporters, runs.

Everything here but `models.runtime.hosting` imports TensorFlow, which takes seconds; a host does so when it is run.
"""

import os

# Read when TensorFlow and Keras load, so they are set before any module of this package imports them.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
