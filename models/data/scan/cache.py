"""`ScanCache`: what was found in files that have not changed since, so that they need not be read again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, TypeVar

from models.data.samples import Samples

VERSION = 2
"""Of tables and records; a database of another one is made anew."""

ROWS = 2000
"""Results in one transaction; so many are lost at most when the program ends."""

PATIENCE = 2.0
"""Seconds to wait for another scan of the same folder that is just writing."""

TABLES = """
CREATE TABLE looked (
  name TEXT PRIMARY KEY, identity TEXT NOT NULL, record BLOB NOT NULL, note TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE alike (
  first BLOB NOT NULL, second BLOB NOT NULL, alike INTEGER NOT NULL, PRIMARY KEY (first, second)
) WITHOUT ROWID;
"""

Pair = tuple[bytes, bytes]
Answer = TypeVar("Answer")


class Row(NamedTuple):
    """What was found in one file.

    Attributes:
        name: the sample's.
        identity: of its file and its mask's: sizes and times.
        record: the bytes of a `models.data.scan.records.RECORD`.
        note: what is wrong with it.
    """

    name: str
    identity: str
    record: bytes
    note: str


class ScanCache:
    """The folder with one database for each data set folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        """Where the databases are."""
        if self._folder is None:
            from platformdirs import user_cache_path

            self._folder = user_cache_path("layerloom", appauthor=False) / "scans"
        return self._folder

    def database(self, folder: Path) -> Path:
        """The database for a data set's folder."""
        name = blake2b(str(folder.absolute()).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
        return self.folder / f"{name}.sqlite3"

    def results(self, samples: Samples) -> Results:
        """Earlier results for a data set; none, and none kept, where its samples are no files."""
        folder = getattr(samples, "folder", None)
        if not isinstance(folder, Path) or not len(samples) or samples.path(0) is None:
            return Results(None)
        return Results(self.database(folder))


class Results:
    """The earlier results of one data set, for the thread that made it.

    Nothing here raises. A damaged database is deleted and made anew; where one cannot be read or written (locked by
    another program, a full disk), the scan goes on without.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._new: list[Row] = []
        self._connection: sqlite3.Connection | None = None
        if path is not None:
            self._open(path)

    @property
    def is_open(self) -> bool:
        """Whether results are kept."""
        return self._connection is not None

    def find(self, names: Sequence[str]) -> dict[str, Row]:
        """The results of some files, by name, as far as there are any."""
        names = [name for name in names if _is_text(name)]
        marks = ",".join("?" * len(names))
        sql = f"SELECT name, identity, record, note FROM looked WHERE name IN ({marks})"
        nothing: list[tuple[str, str, bytes, str]] = []
        rows = self._try(lambda connection: connection.execute(sql, names).fetchall(), nothing)
        return {row[0]: Row(*row) for row in rows if _is_sound(row)}

    def keep(self, rows: Iterable[Row]) -> None:
        """Write results, sooner or later."""
        if self.is_open:
            self._new += (row for row in rows if _is_text(row.name))
            if len(self._new) >= ROWS:
                self.flush()

    def flush(self) -> None:
        """Write what is not written yet."""
        rows, self._new = self._new, []
        self._write("INSERT OR REPLACE INTO looked VALUES (?, ?, ?, ?)", rows)

    def comparisons(self, pairs: Sequence[Pair]) -> dict[Pair, bool]:
        """Which pictures, named by their digests, were found to look the same, as far as they were compared."""

        def ask(connection: sqlite3.Connection) -> dict[Pair, bool]:
            sql = "SELECT alike FROM alike WHERE first = ? AND second = ?"
            found = ((pair, connection.execute(sql, pair).fetchone()) for pair in pairs)
            return {pair: bool(row[0]) for pair, row in found if row is not None}

        return self._try(ask, {})

    def keep_comparisons(self, compared: dict[Pair, bool]) -> None:
        """Write which pictures look the same."""
        self._write("INSERT OR REPLACE INTO alike VALUES (?, ?, ?)", [(*pair, int(a)) for pair, a in compared.items()])

    def forget_others(self, samples: Samples) -> None:
        """Drop results of files that are gone, once they are many."""

        def clean(connection: sqlite3.Connection) -> None:
            (rows,) = connection.execute("SELECT count(*) FROM looked").fetchone()
            if rows <= 2 * len(samples) + 1000:
                return
            connection.execute("CREATE TEMP TABLE present (name TEXT PRIMARY KEY) WITHOUT ROWID")
            names = (samples.name(index) for index in range(len(samples)))
            connection.executemany("INSERT OR IGNORE INTO present VALUES (?)", ((n,) for n in names if _is_text(n)))
            connection.execute("DELETE FROM looked WHERE name NOT IN (SELECT name FROM present)")
            connection.commit()

        self._try(clean, None)

    def close(self) -> None:
        """Write what is left, and let go of the file."""
        self.flush()
        self._give_up()

    def _write(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        def write(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany(sql, rows)

        if rows:
            self._try(write, None)

    def _try(self, act: Callable[[sqlite3.Connection], Answer], otherwise: Answer) -> Answer:
        """What comes of an act; where the database fails, `otherwise`, and nothing is asked of it from then on."""
        if self._connection is None:
            return otherwise
        try:
            return act(self._connection)
        except (sqlite3.Error, UnicodeError) as error:
            self._give_up()
            if _is_damage(error):
                self._delete()
            return otherwise

    def _open(self, path: Path) -> None:
        for _ in range(2):  # a damaged one is deleted, and the second time there is none
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._connection = _connected(path)
                return
            except OSError:
                return
            except sqlite3.Error as error:
                if not _is_damage(error):
                    return
                self._delete()

    def _give_up(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None

    def _delete(self) -> None:
        if self._path is not None:
            for path in (self._path, self._path.with_name(f"{self._path.name}-journal")):
                with suppress(OSError):
                    path.unlink(missing_ok=True)


class _OtherVersionError(sqlite3.DatabaseError):
    """A database of another version: as good as damaged."""


def _connected(path: Path) -> sqlite3.Connection:
    """A connection to a database with our tables. Raises sqlite3.Error."""
    connection = sqlite3.connect(path, timeout=PATIENCE)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        with closing(connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")) as tables:
            names = {row[0] for row in tables}
        if not names:
            connection.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
        elif version != VERSION or names != {"looked", "alike"}:
            raise _OtherVersionError("made by another version")
        return connection
    except BaseException:
        connection.close()
        raise


def _is_damage(error: Exception) -> bool:
    """Whether the file itself is bad, rather than the moment: locked, read-only, a full disk."""
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)


def _is_sound(row: tuple[object, ...]) -> bool:
    return all(isinstance(value, kind) for value, kind in zip(row, (str, str, bytes, str), strict=True))


def _is_text(name: str) -> bool:
    """Whether a name can be written: file names may hold bytes that are no text."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
