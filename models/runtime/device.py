"""What computes: the GPU, or the CPU and the reason why not the GPU."""

from __future__ import annotations

import gc
import os
import platform
import shutil
import subprocess
import sys

import keras
import tensorflow as tf

from models.data.memory import physical_memory
from models.runtime.quiet import quiet_stderr
from models.training.events import Ready

ASKING_S = 5
"""Seconds in which the driver's tool has to answer: it usually takes a few hundredths."""


def prepare() -> Ready:
    """Set Keras and TensorFlow up for this program, once in the thread that uses them, and say what computes."""
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    gc.collect()
    gc.freeze()  # TensorFlow's million objects stay for good: later collections need not look at them, and stop no one
    tf.get_logger().setLevel("ERROR")  # it takes many small models in a row for a mistake
    with quiet_stderr():
        gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        _share(gpu)
    versions = {"tensorflow": tf.__version__, "keras": keras.__version__, "python": platform.python_version()}
    if gpus:
        name = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "unknown model")
        memory = _gpu_memory()
        size = f" · {memory / 2**30:.0f} GB" if memory else ""
        return Ready(f"GPU · {name}{size}", True, "", versions, memory)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    device = f"CPU · {cores} core{'s' if cores != 1 else ''}"
    memory = physical_memory()
    return Ready(device, False, f"TensorFlow sees no GPU: {_why()}", versions, memory if memory < sys.maxsize else 0)


def _share(gpu: object) -> None:
    """Take the GPU's memory as it is needed and leave the rest to others."""
    try:
        tf.config.experimental.set_memory_growth(gpu, True)
    except RuntimeError:  # it is in use already, by an engine before this one
        return


def _gpu_memory() -> int:
    """Bytes as the driver tells it; 0 where it cannot be asked."""
    question = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(question, capture_output=True, text=True, timeout=ASKING_S, check=True).stdout
        return int(answer.splitlines()[0]) * 2**20
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return 0


def _why() -> str:
    if not tf.test.is_built_with_cuda():
        return "this build of TensorFlow has no GPU support. On Windows, run LayerLoom inside WSL2 to use the GPU."
    if shutil.which("nvidia-smi") is None:
        return "no NVIDIA driver is installed."
    return 'the CUDA libraries are missing. Install them with: python -m pip install "layerloom[gpu]"'
