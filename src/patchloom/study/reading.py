"""Files of answers -> answers: the server's database, or what pages that were opened as files let download."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import io
from ..errors import FileError, InputError, explain
from .answers import Answer, as_answer
from .database import read_database
from .design import Study, as_study

KIND = "patchloom study answers"
"""What a downloaded file says it is."""


@dataclass(frozen=True)
class Collected:
    """The answers to a study from all files.

    Attributes
    ----------
    study : Study
        What they answer.
    answers : tuple of Answer
        Sorted by participant and trial; none twice.
    """

    study: Study
    answers: tuple[Answer, ...]


def read_answers(paths: Sequence[Path]) -> Collected:
    """Read answers from files, which must be of one study; the same answer may be in several.

    Parameters
    ----------
    paths : sequence of Path
        SQLite databases of ``study serve``, and JSON files that pages let download.

    Raises
    ------
    FileError
        If a file is neither, or damaged; files are of two studies; or two answers to one trial differ.
    """
    found: dict[tuple[str, int], tuple[Answer, Path]] = {}
    first: tuple[Study, Path] | None = None
    for path in paths:
        study, answers = _read(path)
        first = first or (study, path)
        if study.id != first[0].id:
            raise FileError(
                explain("answers", f"{io.shown(path)} (of the study {study.title!r}, {study.id[:8]})",
                        f"all must be of the study of {io.shown(first[1])}, {first[0].id[:8]}",
                        "make a report for each")
            )
        for answer in answers:
            before, where = found.setdefault((answer.participant, answer.trial), (answer, path))
            if before != answer:
                raise FileError(
                    explain("answers", f"{io.shown(path)} (trial {answer.trial} of {answer.participant})",
                            f"{io.shown(where)} has another answer to it", "leave one of the files out")
                )
    if first is None:
        raise FileError(explain("answers", "no files", "must be at least one"))
    return Collected(first[0], tuple(found[key][0] for key in sorted(found)))


def _read(path: Path) -> tuple[Study, list[Answer]]:
    data, label = io.read_bytes(path, "answers"), io.shown(path)
    if data.startswith(b"SQLite format 3\0"):
        return read_database(path)
    try:
        told = json.loads(data)
        if told["kind"] != KIND:
            raise ValueError
        manifest, records = dict(told["study"]), list(told["answers"])
        identity = manifest.pop("id")
    except (KeyError, TypeError, ValueError, RecursionError):
        raise FileError(
            explain("answers", label, "must be a database of study serve, or a file that a study's page let download",
                    "pass one of these")
        ) from None
    study = as_study(manifest, label)
    if study.id != identity:
        raise FileError(explain("answers", f"{label} (its study was changed)", "must be as it was downloaded",
                                "get an undamaged copy"))
    return study, [_answer(study, record, label) for record in records]


def _answer(study: Study, record: Any, label: str) -> Answer:
    try:
        return as_answer(study, record)
    except InputError as error:
        raise FileError(f"answers={label}: {error}") from error
