"""What should compute, as a value that people write: `auto`, `CPU`, `GPU:0`, or several GPUs, `GPU:0,GPU:1`."""

from __future__ import annotations

import re
from dataclasses import dataclass

AUTO = "auto"
CPU = "CPU:0"
EXPECTED = "auto, CPU, GPU:0, or several GPUs such as GPU:0,GPU:1"

_NAME = re.compile(r"(CPU(:0)?|GPU(:\d{1,3})?)", re.IGNORECASE)


@dataclass(frozen=True)
class Selection:
    """What computes of what there is.

    Attributes:
        names: as TensorFlow calls it, one or more: `CPU:0`, `GPU:1`.
        reason: why not what was chosen, in a sentence; empty where it is.
    """

    names: tuple[str, ...]
    reason: str = ""

    @property
    def gpus(self) -> tuple[int, ...]:
        """Which GPUs; empty for the CPU."""
        return tuple(int(name[4:]) for name in self.names if name != CPU)


def parse_choice(text: str) -> tuple[str, ...]:
    """The devices of a choice, each once; none for `auto`. Raises ValueError where that is no choice."""
    words = [word.strip() for word in text.split(",")]
    if [word.lower() for word in words] in ([AUTO], [""]):
        return ()
    wrong = next((word for word in words if not _NAME.fullmatch(word)), None)
    if wrong is not None:
        raise ValueError(f'"{wrong}" is no device; expected {EXPECTED}.')
    return tuple(dict.fromkeys(_full(word) for word in words))


def select(choice: str, gpus: int) -> Selection:
    """What of so many GPUs and the CPU a choice means: `auto` the first GPU, or the CPU where there is none."""
    usual = Selection(("GPU:0",) if gpus else (CPU,))
    try:
        chosen = parse_choice(choice)
    except ValueError as error:
        return Selection(usual.names, f"{error} {_uses(usual.names)}")
    if not chosen:
        return usual
    there = tuple(name for name in chosen if name == CPU or int(name[4:]) < gpus)
    names = tuple(name for name in there if name != CPU) or there or usual.names  # what is fast does not wait for a CPU
    missing = [name for name in chosen if name not in there]
    if not missing:
        return Selection(names)
    found = ", ".join(("CPU", *(f"GPU:{number}" for number in range(gpus))))
    is_are = "is" if len(missing) == 1 else "are"
    return Selection(names, f"{', '.join(missing)} {is_are} not there (found: {found}). {_uses(names)}")


def _full(word: str) -> str:
    name = word.upper()
    kind, _, number = name.partition(":")
    return f"{kind}:{int(number or 0)}"


def _uses(names: tuple[str, ...]) -> str:
    return f"{', '.join(names)} {'computes' if len(names) == 1 else 'compute'} instead."
