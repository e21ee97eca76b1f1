"""Whatever happens while a checkpoint is written: the one before or the new one can be read, never neither."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.files import FileError
from models.runtime.run.checkpoints import (
    Checkpoint,
    CheckpointFiles,
    best_checkpoint,
    newest_checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from models.training.plan import TrainingPlan
from models.training.run_state import RunState, Stopping
from models.training.runs.layout import CHECKPOINTS, checkpoints_of
from models.training.schedules.plateau import Plateau


def checkpoint(steps: int) -> Checkpoint:
    """One whose every number says at which step it was taken."""
    state = RunState.begin(TrainingPlan(epochs=3)).replace(
        steps=steps, step=steps, plateau=Plateau(0.1, 0.5, 2, 1), stopping=Stopping(best=0.25, waited=3),
        best_value=0.125, best_epoch=1, missed=(3, 4), lost=((7, "it is no picture"),), seconds=1.5,
    )  # fmt: skip
    variables = {
        "layers/dense/0": np.full((70, 90), steps, np.float32),
        "layers/dense/1": np.full(90, steps, np.float32),
        "layers/dropout/0": np.array([steps, 7], np.uint32),
        "optimizer/0/iteration": np.array(steps),
    }
    record = {"losses": np.arange(steps, dtype=np.float32)}
    return Checkpoint(state, variables, {"dense": (0, 1)}, record)


def assert_is(found: Checkpoint, steps: int) -> None:
    expected = checkpoint(steps)
    assert found.state == expected.state
    for mine, its in ((found.variables, expected.variables), (found.record, expected.record)):
        assert mine.keys() == its.keys()
        assert all(np.array_equal(mine[name], its[name]) for name in its)


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "one.npz", checkpoint(5))
    found = read_checkpoint(tmp_path / "one.npz")
    assert_is(found, 5)
    assert [values.shape for values in found.weights["dense"]] == [(70, 90), (90,)]


def test_weights_that_a_run_ended_with_stand_before_those_it_goes_on_from(tmp_path: Path) -> None:
    ended = [np.zeros((70, 90), np.float32), np.ones(90, np.float32)]
    one = checkpoint(5)
    write_checkpoint(
        tmp_path / "one.npz", Checkpoint(one.state, one.variables, one.places, one.record, {"dense": ended})
    )
    found = read_checkpoint(tmp_path / "one.npz")
    assert all(np.array_equal(mine, its) for mine, its in zip(found.weights["dense"], ended, strict=True))
    assert_is(found, 5)


def test_the_last_two_are_kept_and_the_best(tmp_path: Path) -> None:
    files = CheckpointFiles(tmp_path)
    (tmp_path / CHECKPOINTS).mkdir()
    (tmp_path / CHECKPOINTS / ".0123.part").write_bytes(b"half a checkpoint")
    for steps in (3, 7, 9, 9, 20):
        files.write(checkpoint(steps))
        files.write_best(checkpoint(steps))
    assert [path.name for path in checkpoints_of(tmp_path)] == ["step-0000000020.npz", "step-0000000009.npz"]
    best = best_checkpoint(tmp_path)
    assert best is not None
    assert_is(best, 20)
    assert len(list((tmp_path / CHECKPOINTS).iterdir())) == 3


def test_what_is_gone_on_from_stays_until_there_are_two_others(tmp_path: Path) -> None:
    for steps in (3, 7):
        write_checkpoint(tmp_path / CHECKPOINTS / f"step-{steps:010d}.npz", checkpoint(steps))
    files = CheckpointFiles(tmp_path, tmp_path / CHECKPOINTS / "step-0000000003.npz")
    files.write(checkpoint(5))
    assert [path.name for path in checkpoints_of(tmp_path)] == ["step-0000000005.npz", "step-0000000003.npz"]


# --- faults -----------------------------------------------------------------------------------------------------------
class PowerCut(BaseException):
    """Nothing is done any more, not even tidying up."""


class Faults:
    """Lets the k-th of all writes, flushes and renames of files fail, half done where it is a write."""

    def __init__(self, fail_at: int, fault: Callable[[], BaseException]) -> None:
        self.count = 0
        self.has_failed = False
        self._fail_at = fail_at
        self._fault = fault

    def step(self, half: Callable[[], object] | None = None) -> None:
        if self.has_failed and isinstance(self._fault(), PowerCut):
            raise PowerCut
        self.count += 1
        if self.count == self._fail_at:
            self.has_failed = True
            if half is not None:
                half()
            raise self._fault()

    def install(self, patch: pytest.MonkeyPatch) -> None:
        fsync, replace, unlink, opened = os.fsync, os.replace, Path.unlink, Path.open
        faults = self

        class File:
            """A file that counts what is written to it."""

            def __init__(self, file: Any) -> None:
                self._file = file

            def write(self, data: Any) -> Any:
                faults.step(lambda: self._file.write(bytes(data)[: len(bytes(data)) // 2]))
                return self._file.write(data)

            def __getattr__(self, name: str) -> Any:
                return getattr(self._file, name)

            def __enter__(self) -> File:
                return self

            def __exit__(self, *_: object) -> None:
                self._file.close()

            def __iter__(self) -> Iterator[bytes]:
                return iter(self._file)

        def counted(real: Any) -> Any:
            def call(*arguments: Any, **named: Any) -> Any:
                faults.step()
                return real(*arguments, **named)

            return call

        def gone(path: Path, **named: Any) -> None:
            if faults.has_failed and isinstance(faults._fault(), PowerCut):
                raise PowerCut
            unlink(path, **named)

        patch.setattr(os, "fsync", counted(fsync))
        patch.setattr(os, "replace", counted(replace))
        patch.setattr(Path, "unlink", gone)
        patch.setattr(Path, "open", lambda path, mode="r", **more: _open(opened, File, path, mode, **more))


def _open(opened: Any, wrap: Any, path: Path, mode: str, **more: Any) -> Any:
    file = opened(path, mode, **more)
    return wrap(file) if mode == "xb" else file


@pytest.mark.parametrize("fault", [lambda: OSError(errno.ENOSPC, "no space"), PowerCut], ids=["disk full", "power cut"])
def test_a_fault_at_every_write_flush_and_rename_leaves_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[[], BaseException]
) -> None:
    def attempt(number: int) -> bool:
        """Whether the fault came before all was done."""
        folder = tmp_path / str(number)
        files = CheckpointFiles(folder)
        for steps in (3, 7):
            files.write(checkpoint(steps))
        faults = Faults(number, fault)
        with monkeypatch.context() as patch, suppress(FileError, PowerCut):
            faults.install(patch)
            files.write_best(checkpoint(9))
            files.write(checkpoint(9))
        found = newest_checkpoint(folder)
        assert found.damaged == ()
        assert_is(found.checkpoint, found.checkpoint.state.steps)
        assert found.checkpoint.state.steps in (7, 9)
        CheckpointFiles(folder, found.path).write(checkpoint(11))  # and it goes on from there
        assert newest_checkpoint(folder).checkpoint.state.steps == 11
        assert not list((folder / CHECKPOINTS).glob(".*"))
        return faults.has_failed

    count = 0
    while attempt(count + 1):
        count += 1
    assert count > 20


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), flips=st.booleans())
def test_a_checkpoint_that_is_cut_or_changed_anywhere_is_found_out(tmp_path: Path, share: float, flips: bool) -> None:
    files = CheckpointFiles(tmp_path)
    files.write(checkpoint(3))
    path = files.write(checkpoint(7))
    data = bytearray(path.read_bytes())
    place = int(share * len(data))
    if flips:
        data[place] ^= 0x40
    else:
        del data[place:]
    path.write_bytes(data)
    found = newest_checkpoint(tmp_path)
    assert_is(found.checkpoint, found.checkpoint.state.steps)  # what a byte says that nobody reads may change nothing
    assert found.checkpoint.state.steps == 3 or flips


def test_a_disk_that_does_not_keep_what_is_written_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = CheckpointFiles(tmp_path)
    files.write(checkpoint(3))
    fsync = os.fsync

    def spoil(handle: int) -> None:
        fsync(handle)
        if os.fstat(handle).st_size > 20_000:
            os.pwrite(handle, b"\xff" * 64, 12_000)

    monkeypatch.setattr(os, "fsync", spoil)
    with pytest.raises(FileError, match="damaged"):
        files.write(checkpoint(7))
    assert newest_checkpoint(tmp_path).checkpoint.state.steps == 3


def test_no_checkpoint_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="has no checkpoint"):
        newest_checkpoint(tmp_path)
    (tmp_path / CHECKPOINTS).mkdir()
    (tmp_path / CHECKPOINTS / "step-0000000001.npz").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(FileError, match="No checkpoint of this run can be read"):
        newest_checkpoint(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes in folders")
def test_a_pipe_in_place_of_a_checkpoint_holds_nobody(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINTS).mkdir()
    os.mkfifo(tmp_path / CHECKPOINTS / "step-0000000001.npz")
    with pytest.raises(FileError, match="No checkpoint of this run can be read"):
        newest_checkpoint(tmp_path)
