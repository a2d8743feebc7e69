"""Which results stand already: those whose bytes the manifest knows, and those that say what they are and are whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from .. import io
from ..catalogue import FIELD, PART, said_by
from ..errors import FileError, MissingExtraError, PatchloomError, explain
from . import files
from .job import Job, Outcome


class AnotherResult(FileError):
    """A file stands where the result is to go, and is not it, or no longer."""


def as_before(job: Job, earlier: Mapping[str, Any]) -> Outcome | None:
    """Return the outcome of an earlier run, if its files stand and its inputs are still the same.

    Parameters
    ----------
    job : Job
        Which one.
    earlier : mapping
        What the manifest says of a job with the same key.

    Raises
    ------
    FileError
        If the inputs are the same, and a file is not.
    """
    told = {one["path"]: one["sha256"] for one in earlier["files"]}
    if not told or not all(files.within(path, job.folder) != path for path in told):
        return None
    there = [(path, files.read_standing(path)) for path in told]
    found = tuple(files.as_file(path, data) for path, data in there if data is not None)
    other = next((file.path for file in found if file.sha256 != told[file.path]), "")
    if len(found) < len(told) and not other:
        return None
    hashes = [one["sha256"] for one in earlier["sources"]]
    if [hashlib.sha256(files.read_bytes(source.path)).hexdigest() for source in job.sources] != hashes:
        return None
    if other:
        raise _damaged(other, "its bytes are not those that the manifest has")
    return Outcome(job.number, job.key, job.task, job.seed, "stands", found, tuple(earlier["sources"]),
                   earlier["width"], earlier["height"])


def standing(paths: Mapping[str, str], about: Mapping[str, str], *, moving: bool) -> dict[str, bytes]:
    """Return what stands already of a result, by its part.

    Files without a place for metadata do not count: whoever writes them compares them with what is made.

    Parameters
    ----------
    paths : mapping of str to str
        As `patchloom.batch.work.Prepared` has them.
    about : mapping of str to str
        What the result's file is to say about itself.
    moving : bool
        The pictures are loops.

    Raises
    ------
    FileError
        If something else stands there, or it is damaged.
    """
    found = {}
    for part, path in paths.items():
        data = files.read_standing(path)
        if data is None or files.suffix_of(path).lower() in io.UNMARKED:
            continue
        if not _says(path, data, said_by(part, about)):
            raise another(path)
        if part != FIELD and not _whole(path, data, moving):       # a field was read whole for what it says
            raise _damaged(path, "cannot be read whole")
        found[part] = data
    return found


def another(path: str) -> FileError:
    """Return the error that something else stands where a result is to go."""
    return AnotherResult(explain("output", f"{io.shown(path)} (exists)", "is another result",
                                 "--force replaces it, or choose another folder"))


def _damaged(path: str, how: str) -> FileError:
    return AnotherResult(explain("output", io.shown(path), how, "--force makes it again"))


def _says(path: str, data: bytes, about: Mapping[str, str]) -> bool:
    """Whether this is what a file says about itself."""
    try:
        said = io.read_metadata(path, data=data)
    except MissingExtraError:
        raise
    except PatchloomError:                                # it is damaged, or no picture
        return False
    return {name: text for name, text in said.items() if name in about or name == PART} == about


def _whole(path: str, data: bytes, moving: bool) -> bool:
    """Whether all pixels of a file can be decoded."""
    try:
        _ = io.decode_frames(data) if moving else io.read(path, data=data)
    except (MemoryError, MissingExtraError):
        raise
    except Exception:                                     # decoders meet damage with whatever they run into
        return False
    return True
