"""One TensorFlow for all tests of this folder, loaded without its chatter and its own deprecation warnings."""

import warnings

from models.runtime.quiet import quiet_stderr

with warnings.catch_warnings(), quiet_stderr():
    warnings.simplefilter("ignore")
    import keras  # noqa: F401
    import tensorflow  # noqa: F401
