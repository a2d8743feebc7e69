"""How much of a picture occurs in it again: the yardstick for how far apart patches naturally are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..errors import ImageError, explain
from ..types import Image
from .comparison import Comparison


def elsewhere(pair: Comparison) -> npt.NDArray[np.float64]:
    """Return how far each source patch is from the nearest in another quarter of the source, float64 (K', L').

    Infinite where a patch lies in all four quarters. The source is cut in the middle, one way
    and the other, and each half is searched for the patches of its other: as much work as one
    search of the whole, and no patch can find itself or its surroundings.

    Raises
    ------
    ImageError
        If a half does not hold a patch.
    """
    rows, cols = pair.source.shape[:2]
    if min(rows, cols) < 2 * pair.patch_size:
        raise ImageError(
            explain("source", f"{cols} x {rows} pixels", f"sides must hold two patches of {pair.patch_size}",
                    "pass a larger picture or a smaller patch_size")
        )
    across = _in_other_half(pair, pair.source.transpose(1, 0, 2)).T
    found: npt.NDArray[np.float64] = np.minimum(_in_other_half(pair, pair.source), across)
    return found


def _in_other_half(pair: Comparison, image: Image) -> npt.NDArray[np.float64]:
    """Return each patch's distance to the nearest on the other side of the middle column; infinite on the cut."""
    middle, less = image.shape[1] // 2, pair.patch_size - 1
    sides = [np.ascontiguousarray(side) for side in (image[:, :middle], image[:, middle:])]
    halves = replace(pair, generated=sides[0], source=sides[1])
    distance = np.full((image.shape[0] - less, image.shape[1] - less), np.inf)
    distance[:, : middle - less] = halves.forward.distance
    distance[:, middle:] = halves.reverse.distance
    return distance
