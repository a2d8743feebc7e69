"""The jobs of a command line, made one by one as they are asked for: of a million pictures none is held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...batch import files
from ...batch.job import Job
from ...catalogue import Work
from .checking import Named, check_places
from .naming import Place, check_ending
from .pairing import Lead, Pairing, stem_of

ALL_NAMES = 100_000
"""Up to so many jobs all names are compared before any runs, and of more those of the first seed."""


@dataclass(frozen=True)
class Listing:
    """Jobs by number: each group of pictures with each seed.

    Attributes
    ----------
    work : Work
        What is done.
    groups : sequence of sequence of Lead
        The pictures that change: one for each result, or all for one.
    pairing : Pairing
        What goes with them.
    seeds : range
        One for each result of a group.
    place : Place
        Where results go.
    save_nnf : bool
        Write the field beside each.
    """

    work: Work
    groups: Sequence[Sequence[Lead]]
    pairing: Pairing
    seeds: range
    place: Place
    save_nnf: bool = False

    def __len__(self) -> int:
        return len(self.groups) * len(self.seeds)

    def __iter__(self) -> Iterator[Job]:
        for number in range(len(self)):
            yield self[number]

    def __getitem__(self, number: int) -> Job:
        """Return one job."""
        at, index = divmod(number, len(self.seeds))
        work, group = self.work, self.groups[at]
        return Job(
            number, work.task.name, self.pairing.of(group), work.options, work.params, self.seeds[index],
            self.place.folder, self._out(at, index), work.size, work.map_weights, self.save_nnf,
        )

    def _out(self, at: int, index: int) -> str:
        lead = self.groups[at][0]
        name = lead.name
        return self.place.out(
            {"stem": stem_of(name), "name": name, "folder": lead.folder, "seed": self.seeds[index], "index": index,
             "task": self.work.task.name}
        )

    def check(self) -> None:
        """Refuse names that do not tell results apart or that none can have, and results among inputs.

        Raises
        ------
        InputError
            If it is so.
        """
        inputs = {files.folder_of(path) for path in self._paths()}
        check_places(self._named(), inputs)

    def _named(self) -> Iterator[Named]:
        maps = tuple(self.pairing.maps)
        for index in range(len(self.seeds) if len(self) <= ALL_NAMES else 1):
            for at in range(len(self.groups)):
                out = self._out(at, index)
                check_ending(self.work.task, self.place.folder, out)
                yield Named(self.place.folder, out, maps, self.save_nnf)

    def _paths(self) -> Iterator[str]:
        for group in self.groups:
            for source in self.pairing.of(group):
                yield source.path
