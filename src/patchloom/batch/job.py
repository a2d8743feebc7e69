"""What a worker anywhere needs to make one result, and what it answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

from .. import catalogue
from .._version import __version__
from ..catalogue import Side
from ..params import GPNNParams

State: TypeAlias = Literal["made", "stands", "failed", "needs"]
"""Made just now; stood already; could not be made; was not begun, as it needs more memory than it may take."""


@dataclass(frozen=True)
class Source:
    """A picture to read.

    Attributes
    ----------
    role : str
        Its part, as files record it: of the task's `takes` or `roles`, or ``map NAME``.
    path : str
        An absolute path, or a URL.
    told : str
        Where files say that it is; empty where that would give a private folder away.
    """

    role: str
    path: str
    told: str = ""


@dataclass(frozen=True)
class Job:
    """One result to make. All of it can be sent to another machine.

    Attributes
    ----------
    number : int
        Its place in the batch, from 0.
    task : str
        Name in `patchloom.catalogue.TASKS`.
    sources : tuple of Source
        All pictures that decide the result: those that the task takes, its companions, its maps.
    options : mapping
        The task's own, canonical (`patchloom.catalogue.as_options`), but for the size.
    params : GPNNParams
        All numbers.
    seed : int
        Decides everything random.
    folder : str
        An absolute path, or a URL: where `out` is below.
    out : str
        Template of the result's name; may hold ``{width}``, ``{height}`` and ``{suffix}``, which are known once the
        inputs have been read. Other braces are doubled.
    size : pair of sides, optional
        (rows, columns) of the result, in pixels or per cent of the input's; by default the task's own.
    map_weights : mapping of str to float
        By the map's name.
    save_nnf : bool
        Write the field beside the result.
    """

    number: int
    task: str
    sources: tuple[Source, ...]
    options: Mapping[str, Any]
    params: GPNNParams
    seed: int
    folder: str
    out: str
    size: tuple[Side, Side] | None = None
    map_weights: Mapping[str, float] = field(default_factory=dict)
    save_nnf: bool = False

    @cached_property
    def key(self) -> str:
        """SHA-256 of the version and all that decides the result's bytes and its name below `folder`."""
        task = catalogue.TASKS[self.task]
        said = {
            "version": __version__,
            "task": self.task,
            "sources": [asdict(source) for source in self.sources],
            "options": catalogue.recorded(task, self.options, self.map_weights),
            "parameters": catalogue.parameters(self.params),
            "size": self.size,
            "seed": self.seed,
            "out": self.out,
            "save_nnf": self.save_nnf,
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    @property
    def label(self) -> str:
        """What messages call it: the path of the picture that changes, or of the first of many."""
        role = catalogue.TASKS[self.task].takes[-1]
        return next((source.path for source in self.sources if source.role == role), self.task)


@dataclass(frozen=True)
class How:
    """How jobs are done; nothing here changes a byte of what they make.

    Attributes
    ----------
    threads : int
        Of each job, at least 1.
    memory : int, optional
        Bytes that the job may take.
    device : str
        As for `patchloom.generate`.
    force : bool
        Replace files that stand, also those that are another result.
    """

    threads: int = 1
    memory: int | None = None
    device: str = "cpu"
    force: bool = False


@dataclass(frozen=True)
class File:
    """A file that was written, or that stood.

    Attributes
    ----------
    path : str
        An absolute path, or a URL.
    sha256 : str
        Of its bytes, in hexadecimal.
    bytes : int
        Its length.
    """

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes
    ----------
    number, key, task, seed
        The job's.
    state : {"made", "stands", "failed", "needs"}
        See `State`.
    files : tuple of File
        The result first, then what lies beside it.
    sources : tuple of mapping
        Of each input ``role``, ``name`` and ``sha256``; empty where they were not read.
    width, height : int
        Of the result in pixels; 0 where that is not known.
    needs : int
        Bytes that the job takes, where `state` is ``needs``.
    error : str
        One line: why it failed.
    final : bool
        It would fail again however often it is tried.
    seconds : float
        That it took.
    worker : str
        Which process did it.
    last : bool
        That process can do no more: its device has failed, and jobs after this one would fail at once.
    """

    number: int
    key: str
    task: str
    seed: int
    state: State
    files: tuple[File, ...] = ()
    sources: tuple[Mapping[str, str], ...] = ()
    width: int = 0
    height: int = 0
    needs: int = 0
    error: str = ""
    final: bool = False
    seconds: float = 0.0
    worker: str = ""
    last: bool = False

    @property
    def good(self) -> bool:
        """Whether the result is there."""
        return self.state in ("made", "stands")


def failed(job: Job, error: str, *, final: bool = False, last: bool = False) -> Outcome:
    """Return the outcome of a job that nobody could do, such as one whose worker was killed.

    Parameters
    ----------
    job : Job
        Which one.
    error : str
        Why, in one line.
    final : bool
        Whether another try would be no use.
    last : bool
        Whether its worker can do no more.
    """
    return Outcome(job.number, job.key, job.task, job.seed, "failed", error=error, final=final, last=last)
