"""Arrays by alias, and the fields of a search with what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
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

Wrap: TypeAlias = tuple[bool, bool]
"""Whether the rows, and the columns, go round: the last is then followed by the first."""

Box: TypeAlias = tuple[int, int, int, int]
"""(row, column, rows, columns) of a rectangle of pixels."""

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
    wrap : (bool, bool)
        Whether the query's rows, and columns, go round: H' is then H, and W' is W.
    """

    index: npt.NDArray[np.int32]
    distance: npt.NDArray[np.float32]
    patch_size: int
    wrap: Wrap = (False, False)


@dataclass(frozen=True, eq=False)
class Masks:
    """What one use of the PNN module may read and change; None is everything.

    Attributes
    ----------
    valid : Mask (K', L') or None
        Key patches that may be found.
    active : Mask (H', W') or None
        Query patches to search for.
    free : Mask (H, W) or None
        Pixels of the query that may change.
    wrap : (bool, bool)
        Whether patches of the query go on over its last row to the first, and over its last
        column; there are then as many of them as pixels along that axis.
    """

    valid: Mask | None = None
    active: Mask | None = None
    free: Mask | None = None
    wrap: Wrap = (False, False)

    def same(self, other: Masks) -> bool:
        """Whether these are the other's very arrays."""
        pairs = (self.valid, other.valid), (self.active, other.active), (self.free, other.free)
        return self.wrap == other.wrap and all(one is two for one, two in pairs)


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
    masks : Masks
        What was allowed.
    found : (NNF, NNF or None)
        The forward and the reverse field.
    """

    pair: Any
    value: Image
    image: Image
    params: GPNNParams
    masks: Masks
    found: tuple[NNF, NNF | None]

    def __post_init__(self) -> None:
        """See to it that what is known by identity stays what it was."""
        for field_found in self.found:
            for array in () if field_found is None else (field_found.index, field_found.distance):
                _keep(array)
        _keep(self.image)


def _keep(array: npt.NDArray[Any]) -> None:
    """Make an array read-only; on a device nobody else holds one."""
    if isinstance(array, np.ndarray):
        array.flags.writeable = False


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
    cold : bool
        The forward field is no place to start from: its active entries are made up.
    """

    forward: NNF
    reverse: NNF | None = None
    moved: float = 1.0
    kept: Kept | None = None
    cold: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the fields alone: what is kept is for the next call only."""
        return Fields, (self.forward, self.reverse, self.moved)

    def kept_for(self, params: GPNNParams, masks: Masks) -> Kept | None:
        """Return what is kept, if it came with these fields of the same numbers and masks."""
        kept = self.kept
        if kept is None or kept.params != params or not kept.masks.same(masks):
            return None
        return kept if (self.forward, self.reverse) == kept.found else None
