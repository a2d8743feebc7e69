"""The values that flow through Patchloom: arrays by alias, the rest frozen."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .params import GPNNParams

Image: TypeAlias = npt.NDArray[np.float32]
"""float32 (H, W, C), C-contiguous; [0, 1] for pictures that came as integers."""

Mask: TypeAlias = npt.NDArray[np.bool_]
"""bool (H, W)."""

Size: TypeAlias = tuple[int, int]
"""(rows, columns)."""

Pyramid: TypeAlias = tuple[Image, ...]
"""The same picture at falling sizes, finest first."""


@dataclass(frozen=True, eq=False)
class NNF:
    """Nearest-neighbour field: which key patch each query patch found.

    Attributes
    ----------
    index : int32 array (H', W', 2)
        (row, col) of the key patch's top-left corner; H' = H - patch_size + 1.
    distance : float32 array (H', W')
        Mean squared difference per patch element, unweighted, in squared
        intensity units.
    patch_size : int
        Side of a patch in pixels.
    """

    index: npt.NDArray[np.int32]
    distance: npt.NDArray[np.float32]
    patch_size: int


@dataclass(frozen=True, eq=False)
class Kept:
    """What one use of the PNN module leaves to the next; its arrays are known by identity, and read-only.

    Attributes
    ----------
    pair : Quantised
        The pictures that were searched; see `patchloom.search.quantise`.
    value, image : Image
        What was voted, and what came of it.
    params : GPNNParams
        How.
    masks : (Mask or None, Mask or None)
        Valid keys and active queries.
    found : (NNF, NNF or None)
        The forward and the reverse field.
    """

    pair: Any
    value: Image
    image: Image
    params: GPNNParams
    masks: tuple[Mask | None, Mask | None]
    found: tuple[NNF, NNF | None]

    def __post_init__(self) -> None:
        """See to it that what is known by identity stays what it was."""
        for field_found in self.found:
            for array in () if field_found is None else (field_found.index, field_found.distance):
                array.flags.writeable = False
        self.image.flags.writeable = False


@dataclass(frozen=True, eq=False)
class Fields:
    """What the search keeps between iterations and hands down the pyramid.

    Attributes
    ----------
    forward : NNF
        From the query to the key.
    reverse : NNF or None
        From the key to the query; kept only when completeness is on.
    moved : float
        Share of patches whose neighbour is another one than in the fields before, 0 to 1;
        1 where there were none at this level.
    kept : Kept or None
        What made `forward`, so that the next search at this level can pass over
        what has not changed.
    """

    forward: NNF
    reverse: NNF | None = None
    moved: float = 1.0
    kept: Kept | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the fields alone: what is kept is for the next call only."""
        return Fields, (self.forward, self.reverse, self.moved)

    def kept_for(self, params: GPNNParams, masks: tuple[Mask | None, Mask | None]) -> Kept | None:
        """Return what is kept, if it came with these fields of the same numbers and masks."""
        kept = self.kept
        if kept is None or kept.params != params:
            return None
        pairs = *zip(kept.masks, masks, strict=True), *zip(kept.found, (self.forward, self.reverse), strict=True)
        return kept if all(old is new for old, new in pairs) else None


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that a run needs, validated.

    Attributes
    ----------
    source : Pyramid
        The picture that patches come from, finest first.
    sizes : tuple of Size
        Size of the output at each level that the run visits, finest first;
        its length is at most that of `source`.
    guess : Image
        The initial guess before noise, of size ``sizes[-1]``.
    params : GPNNParams
        All numbers.
    seed : int
        Decides everything random.
    """

    source: Pyramid
    sizes: tuple[Size, ...]
    guess: Image
    params: GPNNParams
    seed: int

    def most_iterations(self, level: int) -> int:
        """Return how often a level may iterate; a lone level has all of its work to do."""
        coarsest = level + 1 == len(self.sizes) > 1
        return self.params.coarsest_iterations if coarsest else self.params.iterations

    def params_at(self, level: int) -> GPNNParams:
        """Return the numbers at a level: completeness counts at the coarsest ones only."""
        complete = len(self.sizes) - level <= self.params.complete_levels
        return self.params if complete else replace(self.params, alpha=math.inf)


@dataclass(frozen=True, eq=False)
class Step:
    """One iteration at one level, as the engine yields it.

    Attributes
    ----------
    level : int
        0 is the finest.
    iteration : int
        Counted from 0 at each level.
    image : Image
        The current picture, of this level's size.
    fields : Fields
        The fields that made it.
    method : str
        The search that was used: ``exact`` or ``patchmatch``.
    last : bool
        True for the last step of the whole run.
    """

    level: int
    iteration: int
    image: Image
    fields: Fields
    method: str
    last: bool

    @property
    def changed(self) -> float:
        """Share of patches whose neighbour moved in this iteration, 0 to 1; 1 in the first of a level."""
        return self.fields.moved


@dataclass(frozen=True, eq=False)
class Result:
    """What a task returns.

    Attributes
    ----------
    image : array or PIL image
        Of the type, dtype and channels of the picture that was passed in.
    nnf : NNF
        The field of the last vote: which source patch each patch came from.
    params : GPNNParams
        The numbers that were used.
    seed : int
        The seed that was used; the same seed gives the same bytes.
    methods : tuple of str
        The search used at each level, finest first.
    iterations : tuple of int
        Iterations done at each level, finest first.
    timings : dict
        Seconds spent at each level, by level number.
    """

    image: Any
    nnf: NNF
    params: GPNNParams
    seed: int
    methods: tuple[str, ...]
    iterations: tuple[int, ...]
    timings: dict[int, float] = field(default_factory=dict)
