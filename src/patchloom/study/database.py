"""Answers <-> an SQLite file of one study."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from .. import io
from ..errors import FileError, explain
from .answers import FIELDS, Answer, as_answer
from .design import Study, as_study, short

APPLICATION_ID = 0x504C5354
"""``PLST`` in the file's header: by it a file of ours is known."""

VERSION = 1

_STUDY = """
CREATE TABLE study (
    id TEXT NOT NULL PRIMARY KEY,
    manifest TEXT NOT NULL                                -- JSON; the id is its hash
)
"""

_ANSWERS = """
CREATE TABLE answers (
    participant TEXT NOT NULL,
    trial INTEGER NOT NULL CHECK (trial >= 0),
    setup TEXT NOT NULL,
    pictures TEXT NOT NULL,                               -- JSON: ids, left and right, or the one
    answer TEXT NOT NULL CHECK (answer IN ('left', 'right', 'real', 'fake')),
    wrong INTEGER NOT NULL CHECK (wrong IN (0, 1)),
    shown_ms REAL NOT NULL,
    reaction_ms REAL NOT NULL,
    views INTEGER NOT NULL CHECK (views >= 1),
    received TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    PRIMARY KEY (participant, trial)
)
"""


class Database:
    """A file of answers, open for writing; several threads and servers may use it.

    Every answer is in the one file as soon as `add` returns: with SQLite's other journal, the WAL, a copy of the file
    alone would lack the last ones, and one that is left behind would be taken for a part of the next file of that name.

    Parameters
    ----------
    path : Path
        Made if it does not exist; appended to if it is of the same study.
    study : Study
        What the answers are of.

    Raises
    ------
    FileError
        If it is another kind of file, of another study, damaged, or cannot be written.
    """

    def __init__(self, path: Path, study: Study) -> None:
        self.path, self.study = path, study
        self._lock = threading.Lock()
        if io.is_folder(path, "answers"):
            raise _refused(path, "is a folder", "must be a file", "add a file name")
        _check_alone(path)
        if not path.exists() or path.stat().st_size == 0:
            _create(path, study)
        self._connection = _connect(path, "rw")
        try:
            other = _study_of(self._connection, path)
            if other.id != study.id:
                raise _refused(path, f"of the study {other.title!r}, {other.id[:8]}",
                               f"must be new, or of this study, {study.id[:8]}", "pass another file")
            self._connection.execute("PRAGMA journal_mode = DELETE")
            self._connection.execute("PRAGMA synchronous = FULL")
        except (FileError, sqlite3.Error) as error:
            self._connection.close()
            raise error if isinstance(error, FileError) else _damaged(path, error) from error

    def add(self, answer: Answer) -> bool:
        """Keep an answer, if its trial has none yet.

        Returns
        -------
        bool
            Whether it counts: false if the participant has answered the trial otherwise before, which stays.
        """
        values = _row(answer)
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        with self._lock, self._connection:
            self._connection.execute(
                f"INSERT INTO answers ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING", tuple(values.values())
            )
            kept = self._connection.execute(
                f"SELECT {names} FROM answers WHERE participant = ? AND trial = ?", (answer.participant, answer.trial)
            ).fetchone()
        return tuple(kept) == tuple(values.values())

    def counts(self) -> tuple[int, int]:
        """Return how many answers of how many participants it has.

        Raises
        ------
        FileError
            If it was damaged or taken away meanwhile.
        """
        try:
            with self._lock:
                answers, people = self._connection.execute(
                    "SELECT COUNT(*), COUNT(DISTINCT participant) FROM answers"
                ).fetchone()
        except sqlite3.Error as error:
            raise _damaged(self.path, error) from error
        return answers, people

    def close(self) -> None:
        """Close the file; everything is in it."""
        with self._lock:
            self._connection.close()


def read_database(path: Path) -> tuple[Study, list[Answer]]:
    """Return the study and all answers of a file, while a server may be writing it.

    Raises
    ------
    FileError
        If it is no such file, or damaged.
    """
    _check_alone(path)
    # What a server that was killed left half done has to be undone, which needs writing.
    connection = _connect(path, "rw" if _beside(path, "-journal") else "ro")
    try:
        study = _study_of(connection, path)
        names = (*FIELDS, "wrong")
        found = [dict(zip(names, row, strict=True)) for row in connection.execute(
            f"SELECT {', '.join(names)} FROM answers ORDER BY participant, trial")]
        answers = [_answer(study, row) for row in found]
    except FileError:
        raise
    except (sqlite3.Error, ValueError, TypeError, RecursionError) as error:
        raise _damaged(path, error) from error
    finally:
        connection.close()
    return study, answers


def _row(answer: Answer) -> dict[str, Any]:
    return {**answer.record(), "pictures": json.dumps(answer.pictures), "wrong": int(answer.wrong)}


def _answer(study: Study, row: dict[str, Any]) -> Answer:
    wrong = row.pop("wrong")
    answer = as_answer(study, {**row, "pictures": json.loads(row["pictures"])})
    if answer.wrong != wrong:
        raise ValueError(f"trial {answer.trial} of {answer.participant} is told as {'wrong' if wrong else 'right'}")
    return answer


def _beside(path: Path, ending: str) -> Path | None:
    """Return the file that SQLite keeps beside another, where a link leads and not where it lies, if there is one."""
    found = Path(os.path.realpath(path) + ending)
    with suppress(OSError):                               # a name that is too long
        return found if found.exists() else None
    return None


def _check_alone(path: Path) -> None:
    """Refuse a journal that is none of ours: SQLite would take it for a part of the file, without asking of which."""
    wal = _beside(path, "-wal")
    if wal:
        raise _refused(path, f"{io.shown(wal.name)} lies beside it", "no other program may use it, nor have left "
                       "anything", "move both to a folder of their own, or pass another file")


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    try:
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        return sqlite3.connect(uri, uri=True, check_same_thread=False, timeout=10)
    except (sqlite3.Error, ValueError) as error:
        raise _refused(path, str(error), "must be a file that can be opened", "check the path and its permissions"
                       ) from error


def _create(path: Path, study: Study) -> None:
    """Make an empty file of answers in one step, unless another server has just made it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(path, (error.strerror or str(error)).lower(), "must be a writable place", "choose another folder"
                       ) from error
    connection = _connect(path, "rwc")
    try:
        connection.isolation_level = None                 # transactions begin and end where it says so
        connection.execute("BEGIN EXCLUSIVE")
        if connection.execute("PRAGMA schema_version").fetchone()[0] == 0:
            connection.execute(_STUDY)
            connection.execute(_ANSWERS)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
            manifest = json.dumps(study.manifest(), sort_keys=True)
            connection.execute("INSERT INTO study VALUES (?, ?)", (study.id, manifest))
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise _damaged(path, error) from error
    finally:
        connection.close()


def _study_of(connection: sqlite3.Connection, path: Path) -> Study:
    """Return the study that a file is of."""
    try:
        marks = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
        if marks[0] != APPLICATION_ID:
            raise _refused(path, "another program's database", "must be answers of a study", "pass another file")
        if marks[1] != VERSION:
            raise _refused(path, f"version {marks[1]}", f"must be of version {VERSION}",
                           "use the patchloom that made it")
        whole = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        rows = connection.execute("SELECT id, manifest FROM study").fetchall()
        connection.execute(f"SELECT {', '.join((*FIELDS, 'wrong'))} FROM answers LIMIT 1").fetchall()
    except sqlite3.Error as error:
        raise _damaged(path, error) from error
    if whole != "ok" or len(rows) != 1:
        raise _damaged(path, whole if whole != "ok" else f"{len(rows)} studies")
    manifest = None
    with suppress(ValueError, TypeError, RecursionError):
        manifest = json.loads(rows[0][1])
    study = as_study(manifest, io.shown(path))
    if study.id != rows[0][0]:
        raise _damaged(path, "its study is not the one it names")
    return study


def _damaged(path: Path, why: object) -> FileError:
    told = short(" ".join(str(why).split()))
    if isinstance(why, sqlite3.OperationalError) and not told.startswith("no such"):
        return _refused(path, told, "must be a file that can be read and written",
                        "check its permissions, the space there, and what else uses it")
    return _refused(path, told, "must be a whole file of answers", "get an undamaged copy, or pass another file")


def _refused(path: Path, got: str, allowed: str, remedy: str) -> FileError:
    return FileError(explain("answers", f"{io.shown(path)} ({got})", allowed, remedy))
