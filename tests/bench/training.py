"""Measures training in a process of its own, and prints one line of JSON. What: the first argument.

throughput CASE ROUNDS   images per second in the window against Keras alone, in turns
gaps CASE HOST           the window's timer gaps while it trains, in a thread or a process
warm_up HOST             the same while TensorFlow is loaded
memory RUNS              megabytes that each run leaves behind
memory_of_fit RUNS              the same for Keras alone
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
from typing import Any

import psutil
from cases import CASES, DEEP, Case

from app.application import create_application

WARM_UP_RUNS = 5
"""Runs after which memory is first looked at: caches are filled then."""


def throughput(name: str, rounds: str) -> dict[str, Any]:
    """Ratios are pairs of the same round, since the machine's speed changes from minute to minute."""
    from baselines import compiled_epochs, fit, fit_with_histograms
    from windows import close, make_window, open_case, train

    case = CASES[name]
    baselines = {"fit": fit}
    if case.goal > 1:
        baselines |= {"compiled": compiled_epochs, "histograms": fit_with_histograms(tempfile.mkdtemp())}
    window = make_window()
    open_case(window, case)
    rates: dict[str, list[float]] = {"window": [], **{key: [] for key in baselines}}
    for _ in range(int(rounds)):
        for key, measure in baselines.items():
            rates[key].append(measure(case))
        rates["window"].append(train(window))
    close(window)
    return rates


def gaps(name: str, host: str) -> dict[str, Any]:
    """Over a whole run, the compiling in its first epoch included."""
    from windows import TimerGaps, close, make_window, open_case, train

    window, measured = make_window(host == "process"), TimerGaps()
    open_case(window, _case(name))
    train(window, measured)
    close(window)
    return measured.figures()


def warm_up(host: str) -> dict[str, Any]:
    """From the first paint until the engine is ready."""
    from windows import TimerGaps, close, make_window, wait_until

    from app.training.training_controller import State

    measured = TimerGaps()
    window = make_window(host == "process")
    measured.start()
    wait_until(lambda: window.training.state is not State.STARTING)
    measured.stop()
    close(window)
    return measured.figures()


def memory(runs: str) -> dict[str, Any]:
    """Resident memory of this process after each run, in megabytes."""
    from windows import close, make_window, open_case, train

    lenet = CASES["LeNet, 64"]
    window = make_window()
    open_case(window, Case(lenet.network, lenet.data, lenet.batch_size, 1, lenet.watched))
    sizes = []
    for _ in range(int(runs)):
        train(window)
        gc.collect()
        sizes.append(psutil.Process().memory_info().rss / 2**20)
    close(window)
    return {"per_run": _growth(sizes)}


def memory_of_fit(runs: str) -> dict[str, Any]:
    """The same for Keras alone: a new model and `fit`, each time."""
    from baselines import fit

    lenet, sizes = CASES["LeNet, 64"], []
    for _ in range(int(runs)):
        fit(Case(lenet.network, lenet.data, lenet.batch_size, 1, lenet.watched))
        gc.collect()
        sizes.append(psutil.Process().memory_info().rss / 2**20)
    return {"per_run": _growth(sizes)}


def _growth(sizes: list[float]) -> float:
    """Megabytes a run, once caches are filled."""
    later = sizes[WARM_UP_RUNS:]
    return (later[-1] - later[0]) / (len(later) - 1)


def _case(name: str) -> Case:
    return DEEP if name == "ResNet-50" else CASES[name]


WHAT = {"throughput": throughput, "gaps": gaps, "warm_up": warm_up, "memory": memory, "memory_of_fit": memory_of_fit}

if __name__ == "__main__":
    create_application()
    print(json.dumps(WHAT[sys.argv[1]](*sys.argv[2:])))
