"""What a job is asked to make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..catalogue import Pictures, Task
from ..params import GPNNParams
from ..types import Plan


@dataclass(frozen=True, eq=False)
class Order:
    """One task with all that it needs, checked; its results differ by their seeds.

    Attributes
    ----------
    task : Task
        Of `patchloom.catalogue`.
    pictures : Pictures
        Pixels as `patchloom.io.read` gives them, and how much maps count.
    options : mapping
        Of `patchloom.catalogue.as_options`: the task's own parameters, with ``size`` in pixels or None.
    params : GPNNParams
        Of `patchloom.catalogue.as_params`.
    seeds : range
        Seed of each result.
    sources : list of dict
        What results record of the files that were sent.
    stem : str
        Of the first picture's name.
    suffixes : tuple of str
        Of the files that results become if nobody asks for another kind: the first that holds them.
    icc : bytes or None
        Colour profile of results.
    map_suffixes, map_iccs : mapping
        The same for maps, by name.
    """

    task: Task
    pictures: Pictures
    options: Mapping[str, Any]
    params: GPNNParams
    seeds: range
    sources: list[dict[str, str]]
    stem: str
    suffixes: tuple[str, ...]
    icc: bytes | None = None
    map_suffixes: Mapping[str, str] = field(default_factory=dict)
    map_iccs: Mapping[str, bytes | None] = field(default_factory=dict)

    def plan(self, seed: int) -> Plan:
        """Return the plan of one result; looks for a cancel on the way."""
        return self.task.plan(self.pictures, self.options, self.params, seed)
