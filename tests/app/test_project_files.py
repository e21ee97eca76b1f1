"""Opening, saving, locking and recovering projects."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from scripted import ScriptedQuestions

from app.autosave import Autosave, find_recoveries
from app.document import Document
from app.project_files import ProjectFiles
from app.questions import Answer
from app.settings import Settings
from models import files as file_writing
from models.data.sources import ImageFolder
from models.network.project import Project, read_project, write_project
from models.zoo import TEMPLATES

LENET = Project(name="lenet", network=TEMPLATES["lenet5"].network())


class Session(QObject):
    """One window's worth of file handling."""

    def __init__(self, folder: Path, questions: ScriptedQuestions) -> None:
        super().__init__()
        self.document = Document(Project(), self)
        self.autosave = Autosave(folder / "autosave", self.document, self)
        self.settings = Settings(folder / "settings.ini")
        self.files = ProjectFiles(self.document, self.autosave, self.settings, questions, self)
        self.told: list[str] = []
        self.files.failed.connect(self.told.append)
        self.autosave.failed.connect(self.told.append)


@pytest.fixture
def session(qapp: QApplication, tmp_path: Path, questions: ScriptedQuestions) -> Session:
    return Session(tmp_path, questions)


def test_save_as_names_the_project_and_opens_again(
    session: Session, tmp_path: Path, questions: ScriptedQuestions
) -> None:
    session.document.edit("open", LENET)
    questions.path = tmp_path / "mine"
    assert session.files.save()
    assert session.files.path == tmp_path / "mine.loom"
    assert not session.document.is_modified
    assert read_project(tmp_path / "mine.loom") == session.document.project
    assert session.document.project.name == "mine"
    assert session.settings.recent_files == [tmp_path / "mine.loom"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b'{"format": "other"}', b"[1, 2]", b"null"])
def test_a_foreign_file_is_refused_in_words_and_loses_nothing(session: Session, tmp_path: Path, content: bytes) -> None:
    session.document.edit("open", LENET)
    bad = tmp_path / "bad.loom"
    bad.write_bytes(content)
    assert not session.files.open(bad)
    assert "bad.loom" in session.told[0]
    assert session.document.project == LENET
    assert session.document.undo_stack.canUndo()


def test_a_missing_file_is_refused_in_words(session: Session, tmp_path: Path) -> None:
    assert not session.files.open(tmp_path / "none.loom")
    assert "no such file" in session.told[0]


@pytest.mark.parametrize(("answer", "opened"), [(Answer.YES, False), (Answer.NO, True), (Answer.CANCEL, False)])
def test_unsaved_changes_are_asked_about(
    session: Session, tmp_path: Path, questions: ScriptedQuestions, answer: Answer, opened: bool
) -> None:
    other = tmp_path / "other.loom"
    write_project(other, Project(name="other"))
    session.document.edit("open", LENET)
    questions.save, questions.path = answer, None  # with YES the user then cancels the file dialog
    assert session.files.open(other) is opened
    assert questions.asked == ["save lenet"]
    assert (session.document.project == LENET) is not opened


def test_a_project_opened_twice_is_noticed(
    session: Session, tmp_path: Path, questions: ScriptedQuestions, qapp: QApplication
) -> None:
    path = tmp_path / "shared.loom"
    write_project(path, LENET)
    assert session.files.open(path)
    second = Session(tmp_path, questions)
    assert second.files.open(path)
    assert questions.asked[-1].startswith("locked shared.loom: another LayerLoom window")
    assert second.files.path is None
    assert second.document.is_modified
    assert not second.files.save_to(path)
    assert "open in another LayerLoom window" in second.told[0]
    session.files.close()
    third = Session(tmp_path, questions)
    assert third.files.open(path)
    assert third.files.path == path


def test_a_full_disk_leaves_the_old_file_and_the_changes(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "full.loom"
    write_project(path, Project(name="full"))
    before = path.read_bytes()
    session.files.open(path)
    session.document.edit("change", session.document.project.replace(network=LENET.network))

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file_writing.os, "fsync", full)
    assert not session.files.save()
    assert "the disk is full" in session.told[0]
    assert path.read_bytes() == before
    assert session.document.is_modified
    assert sorted(file.name for file in tmp_path.glob("*.part")) == []


def test_a_crash_is_recovered_and_a_clean_end_leaves_nothing(
    session: Session, tmp_path: Path, questions: ScriptedQuestions
) -> None:
    path = tmp_path / "work.loom"
    write_project(path, Project(name="work"))
    session.files.open(path)
    session.document.edit("change", session.document.project.replace(network=LENET.network))
    session.autosave.write()
    assert find_recoveries(tmp_path / "autosave") == []  # the session is alive
    session.autosave._lock.unlock()  # as the system does when a process dies
    session.files._lock.unlock()
    (recovery,) = find_recoveries(tmp_path / "autosave")
    assert recovery.project.network == LENET.network
    assert recovery.original == path
    later = Session(tmp_path, questions)
    assert later.files.recover(recovery)
    assert later.document.project.network == LENET.network
    assert later.document.is_modified
    assert later.files.path == path
    assert find_recoveries(tmp_path / "autosave") == []
    later.autosave.write()
    later.files.close()
    assert not list((tmp_path / "autosave").glob("*.json"))


def test_saved_work_needs_no_autosave(session: Session, tmp_path: Path) -> None:
    session.document.edit("change", LENET)
    session.autosave.write()
    assert list((tmp_path / "autosave").glob("*.json"))
    session.files.save_to(tmp_path / "saved.loom")
    session.autosave.write()
    assert not list((tmp_path / "autosave").glob("*.json"))


def test_a_failing_autosave_is_told_once(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session.document.edit("change", LENET)
    monkeypatch.setattr(file_writing.os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    session.autosave.write()
    session.autosave.write()
    assert len(session.told) == 1
    assert "Autosave does not work" in session.told[0]


def test_damaged_recovery_files_are_left_alone(session: Session, tmp_path: Path) -> None:
    folder = tmp_path / "autosave"
    for name, text in (("session-a.json", "{"), ("session-b.json", '{"project": {}}'), ("session-c.json", "[]")):
        (folder / name).write_text(text)
    assert find_recoveries(folder) == []


def test_a_project_after_a_recovered_one_counts_as_saved(session: Session, tmp_path: Path) -> None:
    session.document.open(LENET, modified=True)
    assert session.document.is_modified
    session.document.open(Project(name="next"))
    assert not session.document.is_modified


def test_what_was_recovered_is_on_the_disk_before_its_copy_goes(
    session: Session, tmp_path: Path, questions: ScriptedQuestions
) -> None:
    session.document.edit("change", LENET)
    session.autosave.write()
    session.autosave._lock.unlock()  # as the system does when a process dies
    (recovery,) = find_recoveries(tmp_path / "autosave")
    later = Session(tmp_path, questions)
    later.files.recover(recovery)
    later.autosave._lock.unlock()  # and dies again at once
    (again,) = find_recoveries(tmp_path / "autosave")
    assert again.project == LENET


def test_a_new_folder_is_made_for_a_project(session: Session, tmp_path: Path) -> None:
    assert session.files.save_to(tmp_path / "new" / "deep" / "mine.loom"), session.told
    assert read_project(tmp_path / "new" / "deep" / "mine.loom").name == "mine"


def test_one_file_in_two_spellings_is_one_file(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, questions: ScriptedQuestions
) -> None:
    monkeypatch.chdir(tmp_path)
    write_project(Path("mine.loom"), LENET)
    assert session.files.open(Path("mine.loom"))
    assert session.files.open(tmp_path / "mine.loom")
    assert session.files.save_to(tmp_path / "mine.loom")
    assert questions.asked == []
    assert session.autosave.original == tmp_path / "mine.loom"


def test_save_as_keeps_sight_of_a_relative_image_folder(session: Session, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    write_project(tmp_path / "a" / "pets.loom", Project(data=ImageFolder(path="pets")))
    session.files.open(tmp_path / "a" / "pets.loom")
    session.files.save_to(tmp_path / "b" / "pets.loom")
    assert session.document.project.data == ImageFolder(path=str(tmp_path / "a" / "pets"))


def test_without_a_folder_for_autosaves_the_editor_still_works(qapp: QApplication, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    document, told = Document(Project()), []
    autosave = Autosave(tmp_path / "file" / "autosave", document)
    autosave.failed.connect(told.append)
    document.edit("change", LENET)
    assert not autosave.write()
    assert "Autosave does not work" in told[0]
    autosave.close()
