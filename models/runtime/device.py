"""What computes: one GPU or several, or the CPU and the reason why not a GPU."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import keras
import tensorflow as tf

from models.data.memory import physical_memory
from models.runtime.quiet import quiet_stderr
from models.runtime.step import replicas
from models.training.devices import AUTO, CPU, Selection, select
from models.training.events import Device, Ready

ASKING_S = 5
"""Seconds in which the driver's tool has to answer: it usually takes a few hundredths."""

FIXED = (
    "TensorFlow cannot change its devices once it has computed. Restart LayerLoom to use {}, or isolate training: then "
    "every engine has a process of its own."
)


def prepare(choice: str = AUTO) -> Ready:
    """Set Keras and TensorFlow up for this program, once in the thread that uses them, and say what computes.

    `choice`: see `models.training.devices`. Where that is not there, something else computes, with a reason. Devices
    that were not chosen are left alone. What a process computes with is settled by its first engine.
    """
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    tf.get_logger().setLevel("ERROR")  # it takes many small models in a row for a mistake
    with quiet_stderr():
        gpus = tf.config.list_physical_devices("GPU")
    selection = _settled(select(choice, len(gpus)), gpus)
    replicas.divide_among([_logical(name) for name in selection.names])
    devices = (_cpu(), *_described(gpus))
    versions = {"tensorflow": tf.__version__, "keras": keras.__version__, "python": platform.python_version()}
    used = [device for device in devices if device.name in selection.names]
    text, is_gpu = _words(used), bool(selection.gpus)
    reason = selection.reason or (
        "" if is_gpu else "The CPU was chosen." if gpus else f"TensorFlow sees no GPU: {_why()}"
    )
    return Ready(text, is_gpu, reason, versions, used[0].memory, devices, selection.names)


@contextmanager
def computing_on(names: Sequence[str]) -> Iterator[None]:
    """Compute on the first of what `prepare` has settled on; where there are several, each step goes to the others too.

    TensorFlow takes the first visible device by itself: only a second engine in a process may need another one.
    """
    name = _logical(names[0])
    usual = "/GPU:0" if tf.config.get_visible_devices("GPU") else "/CPU:0"
    with tf.device(name) if name != usual else nullcontext():
        yield


def _settled(selection: Selection, gpus: Sequence[Any]) -> Selection:
    """Make the selection what TensorFlow sees, as far as it still can be."""
    chosen = [gpus[number] for number in selection.gpus]
    try:
        tf.config.set_visible_devices(chosen, "GPU")
    except RuntimeError:  # an engine before this one has computed already
        visible = tf.config.get_visible_devices("GPU")
        if not all(gpu in visible for gpu in chosen):
            names = tuple(f"GPU:{gpus.index(gpu)}" for gpu in visible[:1]) or (CPU,)
            return Selection(names, FIXED.format(", ".join(selection.names)))
    for gpu in chosen:
        _share(gpu)
    return selection


def _logical(name: str) -> str:
    """What TensorFlow calls a device among the visible ones."""
    if name == CPU:
        return "/CPU:0"
    gpu = tf.config.list_physical_devices("GPU")[int(name[4:])]
    return f"/GPU:{tf.config.get_visible_devices('GPU').index(gpu)}"


def _share(gpu: object) -> None:
    """Take the GPU's memory as it is needed and leave the rest to others."""
    try:
        tf.config.experimental.set_memory_growth(gpu, True)
    except RuntimeError:  # it is in use already, by an engine before this one
        return


# --- words ------------------------------------------------------------------------------------------------------------
def _cpu() -> Device:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = physical_memory()
    return Device(CPU, f"{cores} core{'s' if cores != 1 else ''}", memory if memory < sys.maxsize else 0)


def _described(gpus: Sequence[Any]) -> Iterator[Device]:
    memories = _gpu_memories() if gpus else {}
    for number, gpu in enumerate(gpus):
        name = tf.config.experimental.get_device_details(gpu).get("device_name", "unknown model")
        memory = memories.get(name, 0)
        yield Device(f"GPU:{number}", f"{name} · {memory / 2**30:.0f} GB" if memory else name, memory)


def _words(used: Sequence[Device]) -> str:
    """`CPU · 2 cores`, `GPU · NVIDIA T4 · 15 GB`, `2 GPUs · NVIDIA T4 · 15 GB`."""
    kind = used[0].name[:3]
    return f"{kind if len(used) == 1 else f'{len(used)} {kind}s'} · {used[0].text}"


def _gpu_memories() -> dict[str, int]:
    """Bytes of every model of GPU, as the driver tells it; empty where it cannot be asked."""
    question = ["nvidia-smi", "--query-gpu=memory.total,name", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(question, capture_output=True, text=True, timeout=ASKING_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    pairs = [line.partition(",") for line in answer.splitlines()]
    return {name.strip(): int(size) * 2**20 for size, _, name in pairs if size.strip().isdecimal()}


def _why() -> str:
    if not tf.test.is_built_with_cuda():
        return "this build of TensorFlow has no GPU support. On Windows, run LayerLoom inside WSL2 to use the GPU."
    if shutil.which("nvidia-smi") is None:
        return "no NVIDIA driver is installed."
    return 'the CUDA libraries are missing. Install them with: python -m pip install "layerloom[gpu]"'
