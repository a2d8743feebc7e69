"""What the pixels of a result become: the picture and its maps, in the types that they came in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class PixelFormat:
    """What a picture was before it became an `Image`, so that it can be again.

    Attributes
    ----------
    mode : str
        Pillow's mode, empty for arrays.
    dtype : numpy dtype
        Of the array; uint8 for PIL images.
    flat : bool
        The array was (H, W), without a channel axis.
    alpha : bool
        The last channel is alpha; colours are premultiplied inside.
    low, high : float
        The affine map onto [0, 1]: ``inside = (outside - low) / (high - low)``.
    palette : bytes or None
        RGB palette of a palette picture.
    """

    mode: str
    dtype: np.dtype[Any]
    flat: bool = False
    alpha: bool = False
    low: float = 0.0
    high: float = 1.0
    palette: bytes | None = None


@dataclass(frozen=True, eq=False)
class Blend:
    """How what was made is laid over the picture that it changes.

    Attributes
    ----------
    alpha : float32 array (H, W)
        Of the result's size: 1 is what was made, 0 the picture, bit for bit.
    origin : (row, column)
        Where the corner of the picture below lies in the result.
    parts : tuple of ((row, column, rows, columns), (row, column))
        Boxes of the picture below and where their corners lie, if it is not there as a whole.
    """

    alpha: npt.NDArray[np.float32]
    origin: tuple[int, int] = (0, 0)
    parts: tuple[tuple[tuple[int, int, int, int], tuple[int, int]], ...] = ()

    @property
    def covered(self) -> float:
        """Share of the result that is new and nothing else, 0 to 1: what a mask covers without its soft border."""
        return float((self.alpha == 1).mean())


@dataclass(frozen=True, eq=False)
class Layer:
    """A picture that the field of a run is applied to: the source itself, or a map beside it.

    Attributes
    ----------
    value : float32 array (H, W, C)
        What is voted: as `Image`, or the true values of floats that leave [0, 1].
    kind : PixelFormat
        What it was, and its result will be.
    below : array or PIL image, optional
        What lies under a `Blend`, as it came; needed if there is one.
    true : bool
        The values are those that came in, floats of any range, and not what is searched.
    """

    value: npt.NDArray[np.float32]
    kind: PixelFormat
    below: Any = None
    true: bool = False
