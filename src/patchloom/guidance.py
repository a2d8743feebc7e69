"""What a picture that guides another says: how large its detail is, and its shades in another's colours."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .balance import balance
from .errors import ParameterError, explain
from .pyramid import pyramid
from .resize import resize
from .types import Image

COLOURS = ("light", "channels", "keep")
"""What a guide's colours become: the source's in the order of light, or channel by channel, or they stay."""

# Pixels of a level that what it shows, and the next coarser one does not, is about wide.
_WIDTH = 4.0
# Shorter side down to which detail is looked for, in pixels: below it lies the layout of the whole picture.
_LEAST = 7
_RATIO = 0.75
_LEVELS = 65535                                           # in whole numbers, whose sums are the same in any order
_SHADES = 256
# Share of the source's pixels on either side of a shade that its colour is the mean of.
_AROUND = 1 / 40

Whole = npt.NDArray[np.int64]


def detail_size(image: Image) -> float:
    """Return about how wide what a picture shows is, in pixels.

    Its light is taken apart into bands, each what a pyramid's level shows and the next one
    does not; what is told is the width that belongs to the bands' mean, each counting as much
    as its variance.

    Parameters
    ----------
    image : Image
        (H, W, C).

    Returns
    -------
    float
        At most the shorter side; that if there is nothing to see.

    References
    ----------
    Burt and Adelson, "The Laplacian pyramid as a compact image code" (1983).
    """
    energies, sides = _bands(image)
    total = sum(energies)
    if total == 0:
        return float(sides[0])
    middle = sum(level * energy for level, energy in enumerate(energies)) / total
    level = min(int(middle), len(sides) - 2)
    side = sides[level] + (middle - level) * (sides[level + 1] - sides[level])
    return float(min(_WIDTH * sides[0] / side, sides[0]))


def flat_until(image: Image, like: Image) -> int:
    """Return the shorter side up to which a picture shows as much as another: beyond, it is flatter.

    Parameters
    ----------
    image : Image
        A painting, say.
    like : Image
        Of any size.

    Returns
    -------
    int
        Of the finest level, coarse to fine, at which its bands hold at least half of the
        variance of the other's bands where these are as fine to the picture; in pixels of `image`.
    """
    (own, sides), (other, theirs) = _bands(image), _bands(like)
    least = sides[-1]
    for level in reversed(range(len(own))):
        near = min(range(len(other)), key=lambda at: abs(theirs[at] - sides[level]))
        if 2 * own[level] < other[near]:
            break
        least = sides[level]
    return least


def _bands(image: Image) -> tuple[list[float], list[int]]:
    """Return the variance of each band of a picture's light, finest first, and the shorter sides of the levels."""
    light = (light_of(image) / _LEVELS).astype(np.float32)[..., None]
    levels = pyramid(np.ascontiguousarray(light), ratio=_RATIO, coarsest=_LEAST)
    energies = []
    for fine, coarse in pairwise(levels):
        band = _whole(fine - resize(coarse, (fine.shape[0], fine.shape[1]), scale=1 / _RATIO))
        energies.append(int((band * band).sum()) / band.size)
    return energies, [min(level.shape[:2]) for level in levels]


def light_of(image: Image) -> Whole:
    """Return how light each pixel is, 0 to 65535 for [0, 1]: the eye's weights for three colours, else their mean."""
    whole = _whole(image)
    if image.shape[2] >= 3:
        red, green, blue = (whole[..., channel] for channel in range(3))
        return (299 * red + 587 * green + 114 * blue) // 1000
    return whole[..., 0]


def _whole(values: npt.NDArray[np.float32]) -> Whole:
    return np.floor(values.astype(np.float64) * _LEVELS + 0.5).astype(np.int64)


def recoloured(image: Image, like: Image, colours: str) -> Image:
    """Return a guide in the colours of another picture.

    Parameters
    ----------
    image, like : Image
        (H, W, C) and (K, L, C).
    colours : {"light", "channels", "keep"}
        ``"light"``: the darkest tenth becomes what the other's darkest tenth looks like, and so
        on; ``"channels"``: the same for each channel by itself, so that hues stay apart;
        ``"keep"``: nothing changes.

    Returns
    -------
    Image
        (H, W, C).
    """
    if colours == "keep":
        return image
    return balance(image, like) if colours == "channels" else _by_light(image, like)


def as_colours(value: str) -> str:
    """Return one of `COLOURS`."""
    if value not in COLOURS:
        raise ParameterError(explain("colours", repr(value), "must be one of " + ", ".join(COLOURS)))
    return value


def _by_light(image: Image, like: Image) -> Image:
    """Return `image` with each shade replaced by the mean colour of the other's pixels of the same rank in light.

    Equal shades get equal colours, as in a drawing's paper.
    """
    shades = np.clip(light_of(image) * _SHADES // (_LEVELS + 1), 0, _SHADES - 1)
    below = np.concatenate([[0], np.cumsum(np.bincount(shades.ravel(), minlength=_SHADES))])
    order = np.argsort(light_of(like), axis=None, kind="stable")
    sums = np.cumsum(_whole(like).reshape(-1, like.shape[2])[order], axis=0)
    sums = np.concatenate([np.zeros((1, like.shape[2]), np.int64), sums])
    ranks, wide = below * order.size // shades.size, max(1, int(order.size * _AROUND))
    first, last = np.maximum(ranks[:-1] - wide, 0), np.minimum(ranks[1:] + wide, order.size)
    table = (sums[last] - sums[first]) / ((last - first) * _LEVELS)[:, None]
    made: Image = table.astype(np.float32)[shades]
    return made
