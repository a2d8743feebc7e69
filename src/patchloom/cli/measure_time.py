"""About how long measuring will take, from a few of the pairs."""

from __future__ import annotations

import contextlib
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from .. import estimate, metrics
from ..errors import ImageError, PatchloomError
from ..search import Estimate
from ..search.matching import choose
from ..types import NNF, Size
from .measure_pairs import Pair
from .measure_work import Setup, shape_of

_LOOKED_AT = 5                                            # pairs
_TINY = 40                                                # pixels; holds the largest patch
_NS_PER_PATCH = 4_500.0                                   # PatchMatch of one direction and its probes, at 250 x 167
_NS_PER_SLICED = 17_000.0                                 # patch_swd, per patch of either picture


def searches(setup: Setup) -> set[tuple[bool, int]]:
    """Return the searches that the metrics ask for, (forward, patch size): watched on a tiny picture."""
    asked: set[tuple[bool, int]] = set()

    class Watched(metrics.Comparison):
        """Remembers what it was asked for."""

        def field(self, *, forward: bool, patch_size: int | None = None) -> NNF:
            asked.add((forward, patch_size or self.patch_size))
            return super().field(forward=forward, patch_size=patch_size)

        def mean(self, *, forward: bool = True, patch_size: int | None = None) -> Estimate:
            asked.add((forward, patch_size or self.patch_size))
            return super().mean(forward=forward, patch_size=patch_size)

    tiny = np.zeros((_TINY, _TINY, 3), np.float32)
    for metric in metrics.METRICS:
        if metric.name in setup.metrics and not metric.needs:
            with contextlib.suppress(ImageError):
                metric.compute(Watched(tiny, tiny, setup.patch_size))
    return asked


def pair_seconds(pairs: Sequence[Pair], setup: Setup) -> float:
    """Return about how long one of the pairs takes on one thread: what is slow of it.

    Few are looked at, spread over all; those that cannot be read are left out.
    """
    wanted = searches(setup)
    found = []
    for at in np.unique(np.linspace(0, len(pairs) - 1, _LOOKED_AT).astype(int)):
        try:
            shapes = shape_of(pairs[at].sample, "sample"), shape_of(pairs[at].source, "source")
        except PatchloomError:
            continue
        seconds = sum(_search_seconds(*shapes, one, setup.method) for one in wanted)
        sliced = sum(math.prod(_grid(shape, setup.patch_size)) for shape in shapes) * ("patch_swd" in setup.metrics)
        found.append(seconds + sliced * _NS_PER_SLICED * 1e-9)
    return statistics.fmean(found) if found else 0.0


def _search_seconds(
    sample: tuple[int, ...], source: tuple[int, ...], search: tuple[bool, int], method: str
) -> float:
    forward, patch_size = search
    query, key = (_grid(shape, patch_size) for shape in ((sample, source) if forward else (source, sample)))
    if choose(method, query, key) == "exact":
        return estimate.exact_seconds(query, key, patch_size, sample[2])
    return query[0] * query[1] * _NS_PER_PATCH * max(1.0, patch_size / 7) * 1e-9


def _grid(shape: tuple[int, ...], patch_size: int) -> Size:
    return max(shape[0] - patch_size + 1, 1), max(shape[1] - patch_size + 1, 1)


def told(seconds: float) -> str:
    """Return a time as people say it.

    Examples
    --------
    >>> told(9.4), told(200), told(20000)
    ('9 s', '3 min', '5.6 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def announcement(pairs: Sequence[Pair], setup: Setup, at_once: int) -> Iterable[str]:
    """Give the line that a long run begins with.

    Parameters
    ----------
    pairs : sequence of Pair
        All of them.
    setup : Setup
        How they are measured.
    at_once : int
        Cores that work.
    """
    seconds = pair_seconds(pairs, setup) * len(pairs) / at_once
    if seconds < 10:
        return
    line = f"{len(pairs)} {'pair' if len(pairs) == 1 else 'pairs'}, about {told(seconds)}"
    if setup.method == "exact":
        fast = pair_seconds(pairs, replace(setup, method="patchmatch")) * len(pairs) / at_once
        line += f"; --method patchmatch takes about {told(fast)}"
    yield line
