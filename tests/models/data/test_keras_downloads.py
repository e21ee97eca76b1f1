"""Downloading what Keras downloads, from a server of the test's own."""

from __future__ import annotations

import errno
import hashlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest

from models import files
from models.data import keras_downloads
from models.data.facts import DataError
from models.data.keras_downloads import CIFAR10, CIFAR100, FASHION_MNIST, MNIST, Download, datasets_folder, fetched

BODY = bytes(range(256)) * 1000


@dataclass
class Answers:
    """What the server says: a body, or something that goes wrong."""

    address: str
    status: int = 200
    body: bytes = BODY
    announced: int | None = len(BODY)
    silent: bool = False
    asked: list[str] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    def download(self, **changes: Any) -> Download:
        values = {
            "address": f"{self.address}/some/file.bin",
            "place": "file.bin",
            "size": len(BODY),
            "sha256": hashlib.sha256(BODY).hexdigest(),
        }
        return Download(**{**values, **changes})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.asked.append(self.path)
            if answers.silent:
                answers.over.wait(30)
                return
            self.send_response(answers.status)
            if answers.announced is not None:
                self.send_header("Content-Length", str(answers.announced))
            self.end_headers()
            try:
                self.wfile.write(answers.body)
            except OSError:
                pass  # the other side has heard enough

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    answers = Answers(f"http://127.0.0.1:{http.server_port}")
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield answers
    answers.over.set()
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras" / "datasets"


def left_over(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*") if path.is_file()]


# --- what goes well ---------------------------------------------------------------------------------------------------
def test_a_file_is_downloaded_once_and_progress_is_told(server: Answers, cache: Path) -> None:
    told: list[tuple[int, int]] = []
    download = server.download(place="folder/file.bin")
    (path,) = fetched([download], lambda done, total: told.append((done, total)))
    assert path == cache / "folder" / "file.bin"
    assert path.read_bytes() == BODY
    assert left_over(cache) == [path]
    assert told == sorted(told)
    assert told[0] == (0, len(BODY))
    assert told[-1] == (len(BODY), len(BODY))
    assert len(told) > 3
    assert fetched([download]) == (path,)
    assert server.asked == ["/some/file.bin"]


def test_only_what_is_missing_is_downloaded_and_counted(server: Answers, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "there").write_bytes(BODY)
    told: list[tuple[int, int]] = []
    downloads = [server.download(place=place) for place in ("one", "there", "two")]
    paths = fetched(downloads, lambda done, total: told.append((done, total)))
    assert [path.name for path in paths] == ["one", "there", "two"]
    assert len(server.asked) == 2
    assert {total for _, total in told} == {2 * len(BODY)}
    assert told == sorted(told)
    assert told[-1][0] == 2 * len(BODY)


def test_a_server_that_does_not_say_how_much_comes(server: Answers) -> None:
    server.announced = None
    (path,) = fetched([server.download()])
    assert path.read_bytes() == BODY


def test_a_file_without_a_known_hash_is_taken_as_it_is(server: Answers, cache: Path) -> None:
    (path,) = fetched([server.download(sha256="")])
    assert path.read_bytes() == BODY
    path.write_bytes(b"by hand")
    assert fetched([server.download(sha256="")])[0].read_bytes() == b"by hand"


def test_the_cache_is_kerass(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setattr(Path, "home", classmethod(lambda cls: tmp_path))
    assert datasets_folder() == tmp_path / ".keras" / "datasets"


def test_addresses_hashes_and_names_are_those_of_the_installed_keras() -> None:
    """Keras's source as text: its modules need seconds to import, and would download."""
    import importlib.util

    keras = importlib.util.find_spec("keras")
    assert keras is not None
    assert keras.origin is not None
    folder = Path(keras.origin).parent / "src" / "datasets"
    for module, downloads in (
        ("mnist", [MNIST]), ("fashion_mnist", FASHION_MNIST), ("cifar10", [CIFAR10]), ("cifar100", [CIFAR100]),
    ):  # fmt: skip
        text = (folder / f"{module}.py").read_text(encoding="utf-8")
        for download in downloads:
            assert download.sha256 in text
            assert download.name in text
            assert download.address.rsplit("/", 1)[0] in text
            assert f'"{download.place.split("/")[0].removesuffix("_archive")}"' in text
            assert download.address.startswith("https://")


# --- what goes wrong --------------------------------------------------------------------------------------------------
def refused(download: Download, cache: Path, *parts: str) -> None:
    """The download fails with a sentence that has these parts, and nothing is left in the cache."""
    with pytest.raises(DataError) as caught:
        fetched([download])
    for part in ("file.bin was not downloaded", download.address, str(cache / "file.bin"), *parts):
        assert part in str(caught.value)
    assert left_over(cache) == []


@pytest.mark.parametrize("status", [403, 404, 407, 500, 503])
def test_a_server_that_refuses(status: int, server: Answers, cache: Path) -> None:
    server.status, server.body, server.announced = status, b"no", 2
    refused(server.download(), cache, f"the server answered {status}")


def test_no_network(cache: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody listens there
        port = closed.getsockname()[1]
        download = Download(f"http://127.0.0.1:{port}/file.bin", "file.bin", 10)
        refused(download, cache, "there is no connection to the server", "another way and save it as")


def test_a_name_that_cannot_be_resolved(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*arguments: Any, **named: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    refused(Download("http://nowhere.invalid/file.bin", "file.bin", 10), cache, "Name or service not known")


def test_a_server_that_says_nothing(server: Answers, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.silent = True
    monkeypatch.setattr(keras_downloads, "TIMEOUT", 0.2)
    refused(server.download(), cache, "no answer within 0.2 seconds")


def test_a_connection_that_breaks(server: Answers, cache: Path) -> None:
    server.body = BODY[:100_000]
    refused(server.download(), cache, f"100,000 of {len(BODY):,} bytes")


def test_another_file_than_expected(server: Answers, cache: Path) -> None:
    server.body = b"<html>Please log in</html>".ljust(len(BODY))
    refused(server.download(), cache, "not the file that Keras publishes", hashlib.sha256(server.body).hexdigest())


def test_an_answer_without_an_end(server: Answers, cache: Path) -> None:
    server.body, server.announced = BODY * 3, None
    refused(server.download(), cache, f"more than {2 * len(BODY):,} bytes came")


def full(*arguments: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@contextmanager
def replacing_on_a_full_disk(path: Path) -> Iterator[Any]:
    """The second piece does not fit any more."""
    with files.replacing(path) as file:
        pieces: list[bytes] = []

        def write(piece: bytes) -> None:
            pieces.append(piece)
            file.write(piece) if len(pieces) < 2 else full()

        yield SimpleNamespace(write=write)


def test_a_disk_that_is_full_when_a_piece_is_written(
    server: Answers, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras_downloads, "replacing", replacing_on_a_full_disk)
    with pytest.raises(DataError, match=r"file\.bin was not kept: .*the disk is full.* KERAS_HOME"):
        fetched([server.download()])
    assert left_over(cache) == []


def test_a_disk_that_is_full_when_all_is_flushed(server: Answers, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(DataError, match=r"file\.bin was not kept: .*the disk is full.* KERAS_HOME"):
        fetched([server.download()])
    assert left_over(cache) == []


def test_a_cache_that_cannot_be_made(server: Answers, cache: Path) -> None:
    cache.parent.write_bytes(b"a file where a folder should be")
    with pytest.raises(DataError, match=r"file\.bin was not kept"):
        fetched([server.download()])


def test_stopped_in_between(server: Answers, cache: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done > 100_000:
            raise StoppedError

    with pytest.raises(StoppedError):
        fetched([server.download()], stop)
    assert left_over(cache) == []
    assert fetched([server.download()])[0].read_bytes() == BODY


def test_another_file_in_the_cache_is_named_and_kept(server: Answers, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "file.bin").write_bytes(b"someone's own")
    with pytest.raises(DataError) as caught:
        fetched([server.download()])
    for part in (str(cache / "file.bin"), hashlib.sha256(b"someone's own").hexdigest(), "Delete it", "file.bin there"):
        assert part in str(caught.value)
    assert (cache / "file.bin").read_bytes() == b"someone's own"
    assert server.asked == []


def test_a_folder_in_the_place_of_the_file(server: Answers, cache: Path) -> None:
    (cache / "file.bin").mkdir(parents=True)
    with pytest.raises(DataError, match="cannot be read"):
        fetched([server.download()])
