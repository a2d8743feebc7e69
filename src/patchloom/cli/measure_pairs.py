"""Which sample is measured against which source."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import catalogue, io
from ..errors import FileError, PatchloomError, explain
from .inputs import Source, as_fixed, as_sources, check_stdin_once
from .output import STDOUT

_DIGITS = re.compile("([0-9]+)")
_ITSELF = "it is the source itself"


@dataclass(frozen=True)
class Pair:
    """A sample, and the source that it was made from."""

    source: Source
    sample: Source

    @property
    def label(self) -> str:
        """What messages call it."""
        return self.sample.label


@dataclass(frozen=True)
class Paired:
    """All pairs, in the natural order of their names, and what has no partner.

    Attributes
    ----------
    pairs : tuple of Pair
        Those of one source follow one another.
    passed_over : tuple of (str, str)
        Files that are not measured, and why.
    """

    pairs: tuple[Pair, ...]
    passed_over: tuple[tuple[str, str], ...]

    @property
    def most(self) -> int:
        """How many samples the source with the most of them has."""
        return max(Counter(pair.source for pair in self.pairs).values())


def natural(name: str) -> list[tuple[int, str]]:
    """Return what sorts names as people count: 1, 2, 10."""
    parts = _DIGITS.split(name)
    return [(int(part), "") if at % 2 else (0, part.lower()) for at, part in enumerate(parts)] + [(0, name)]


def as_pairs(source: str, samples: Sequence[str]) -> Paired:
    """Return the pairs that a command line means.

    A source that is a file is that of every sample. The pictures of a folder of sources
    each belong to the samples of their own stem, or of the stem and more behind what is
    no letter or digit; of several such sources the one with the longest stem is meant.

    Raises
    ------
    InputError
        If nothing is there, or no sample has a source.
    """
    check_stdin_once([source, *samples])
    passed: list[tuple[str, str]] = []
    first = as_fixed(source)
    found = list(_samples(samples, first, passed))
    sources = [first] if isinstance(first, Source) else as_sources([source])
    if isinstance(first, Source):
        pairs = [Pair(first, sample) for sample in found]
    else:
        pairs = _by_stem(sources, found, passed)
    if not pairs:
        alone = all(any(_same(own, sample) for own in sources) for sample in found) if found else all(
            reason == _ITSELF for _, reason in passed)
        raise _none_belongs(io.shown(source), " ".join(map(io.shown, samples)), alone=alone)
    return Paired(tuple(pairs), tuple(passed))


def _none_belongs(source: str, samples: str, *, alone: bool) -> FileError:
    """Return the error of samples that are nobody's: there are the sources alone, or names do not fit."""
    if alone:
        return FileError(
            explain("samples", samples, f"holds the sources of {source} alone, and none is measured against itself",
                    "give a folder of results, or name one picture as both")
        )
    return FileError(
        explain("samples", samples, f"none belongs to {source}",
                "name them as their sources, such as flowers.png or flowers_7.png for flowers.jpg")
    )


def _samples(texts: Sequence[str], first: str | Source | None, passed: list[tuple[str, str]]) -> Iterator[Source]:
    """Give the samples; of a folder's pictures, what is none is added to `passed`."""
    for text in texts:
        if text == STDOUT or not io.is_folder(text):
            yield as_sources([text])[0].kept()
            continue
        for one in sorted(as_sources([text]), key=lambda one: natural(one.name)):
            part = _part(one)
            if part:
                passed.append((one.label, f"it is the {part} of a result"))
            elif isinstance(first, Source) and _same(first, one):
                passed.append((one.label, _ITSELF))
            else:
                yield one


def _part(sample: Source) -> str:
    """Return what of a result a file is, if it says that it is only a part: a map, a preview."""
    try:
        return "" if sample.path is None else io.shown(io.read_metadata(sample.path).get(catalogue.PART, ""))
    except PatchloomError:                                # is told when it is this file's turn
        return ""


def _same(one: Source, other: Source) -> bool:
    paths = [source.path for source in (one, other) if source.path is not None]
    return len(paths) == 2 and os.path.realpath(paths[0]) == os.path.realpath(paths[1])


def _by_stem(sources: Sequence[Source], samples: Sequence[Source], passed: list[tuple[str, str]]) -> list[Pair]:
    """Return pairs by name, in the order of the sources; what has no partner is added to `passed`."""
    sources = sorted(sources, key=lambda one: natural(one.name))
    of: dict[int, list[Source]] = {at: [] for at in range(len(sources))}
    stems = [Path(source.name).stem for source in sources]
    for sample in samples:
        at = _owner(sample, sources, stems)
        if at is None:
            itself = any(_same(own, sample) for own in sources)
            passed.append((sample.label, _ITSELF if itself else "no source has its name"))
        else:
            of[at].append(sample)
    _check_stems(sources, stems, of)
    taken = {id(sample) for found in of.values() for sample in found}
    real = {os.path.realpath(sample.path) for sample in samples if sample.path is not None and id(sample) in taken}
    for at, source in enumerate(sources):
        if not of[at] and source.path is not None and os.path.realpath(source.path) not in real:
            passed.append((source.label, "it has no sample"))
    return [Pair(sources[at], sample) for at, found in of.items() for sample in found]


def _check_stems(sources: Sequence[Source], stems: Sequence[str], of: Mapping[int, Sequence[Source]]) -> None:
    """Refuse two sources of one stem, if there are samples of it."""
    times = Counter(stems)
    for at, stem in enumerate(stems):
        if times[stem] > 1 and of[at]:
            names = ", ".join(source.label for source, own in zip(sources, stems, strict=True) if own == stem)
            raise FileError(
                explain("sources", names, "must not have the same name but for the suffix", "keep one of them")
            )


def _owner(sample: Source, sources: Sequence[Source], stems: Sequence[str]) -> int | None:
    """Return which source a sample belongs to: that of its own stem, or of the longest that it begins with."""
    stem = Path(sample.name).stem
    fits = [at for at, own in enumerate(stems) if io.belongs(stem, own) and not _same(sources[at], sample)]
    return max(fits, key=lambda at: len(stems[at]), default=None)
