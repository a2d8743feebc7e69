"""What a picture that guides another says: how large its detail is, and its shades in another's colours."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .balance import balance
from .cancelling import bands, check
from .errors import ParameterError, explain
from .pyramid import pyramid
from .resize import resize
from .types import Image

COLOURS = ("auto", "light", "range", "channels", "keep")
"""What a guide's colours become: see `recoloured`."""

# Pixels of a level that what it shows, and the next coarser one does not, is about wide.
_WIDTH = 4.0
# Shorter side down to which detail is looked for, in pixels: below it lies the layout of the whole picture.
_LEAST = 7
_RATIO = 0.75
_LEVELS = 65535                                           # in whole numbers, whose sums are the same in any order
_SHADES = 256
# A drawing has at least this share of its pixels in two of so many shades.
_DRAWN, _SHADES_DRAWN = 0.8, 16
# Share of the source's pixels beyond the darkest and the lightest that a drawing's shades become.
_TAIL = 1 / 20
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
        variance of the other's bands where these are as fine to the picture; in pixels of `image`. That of the
        coarsest level if the other is too small to have bands.
    """
    (own, sides), (other, theirs) = _bands(image), _bands(like)
    least = sides[-1]
    for level in reversed(range(len(own) if other else 0)):
        near = min(range(len(other)), key=lambda at: abs(theirs[at] - sides[level]))
        if 2 * own[level] < other[near]:
            break
        least = sides[level]
    return least


def _bands(image: Image) -> tuple[list[float], list[int]]:
    """Return the variance of each band of a picture's light, finest first, and the shorter sides of the levels."""
    light = np.empty((*image.shape[:2], 1), np.float32)
    for rows in bands(len(light), image[:1].size):
        light[rows, :, 0] = light_of(image[rows]) / _LEVELS
    levels = pyramid(light, ratio=_RATIO, coarsest=_LEAST)
    energies = []
    for fine, coarse in pairwise(levels):
        smooth, energy = resize(coarse, (fine.shape[0], fine.shape[1]), scale=1 / _RATIO), 0
        for rows in bands(len(fine), fine.shape[1]):
            band = _whole(fine[rows] - smooth[rows])
            energy += int((band * band).sum())
        energies.append(energy / fine.size)
    return energies, [min(level.shape[:2]) for level in levels]


def light_of(image: Image) -> Whole:
    """Return how light each pixel is, 0 to 65535 for [0, 1]: the eye's weights for three colours, else their mean."""
    light = np.empty(image.shape[:2], np.int64)
    for rows in bands(len(light), image[:1].size):
        whole = _whole(image[rows])
        if image.shape[2] >= 3:
            red, green, blue = (whole[..., channel] for channel in range(3))
            light[rows] = (299 * red + 587 * green + 114 * blue) // 1000
        else:
            light[rows] = whole[..., 0]
    return light


def _whole(values: npt.NDArray[np.float32]) -> Whole:
    return np.floor(values.astype(np.float64) * _LEVELS + 0.5).astype(np.int64)


def recoloured(image: Image, like: Image, colours: str) -> Image:
    """Return a guide in the colours of another picture.

    Parameters
    ----------
    image, like : Image
        (H, W, C) and (K, L, C).
    colours : {"auto", "light", "range", "channels", "keep"}
        ``"light"``: the darkest tenth becomes what the other's darkest tenth looks like, and so
        on; ``"range"``: the darkest shade becomes what the other's darkest tenth looks like, the lightest what
        its lightest does, and those between lie evenly in light; ``"channels"``: as light, but each channel by
        itself, so that hues stay apart; ``"keep"``: nothing changes. ``"auto"`` is ``"range"`` for a picture
        that has nearly all of its pixels in two shades, as drawings have, and else ``"light"``.

    Returns
    -------
    Image
        (H, W, C).
    """
    if colours == "keep":
        return image
    if colours == "channels":
        return balance(image, like)
    shades = np.clip(light_of(image) * _SHADES // (_LEVELS + 1), 0, _SHADES - 1)
    light = light_of(like).ravel()
    order = _order(light)
    evenly = colours == "range" or (colours == "auto" and _is_drawn(shades))
    ranks = _ranks_in_range(shades, light[order]) if evenly else _ranks(shades, order.size)
    table, made = _colours_at(ranks, like, order), np.empty((*shades.shape, like.shape[2]), np.float32)
    for rows in bands(len(made), made[:1].size):
        made[rows] = table[shades[rows]]
    return made


def _order(light: Whole) -> Whole:
    """Return the order of light, ties as they stand: in 16 bits, where it fits, by counting rather than comparing."""
    short = light.min() >= 0 and light.max() <= np.iinfo(np.uint16).max
    return np.argsort(light.astype(np.uint16) if short else light, kind="stable")


def as_colours(value: str) -> str:
    """Return one of `COLOURS`."""
    if value not in COLOURS:
        raise ParameterError(explain("colours", repr(value), "must be one of " + ", ".join(COLOURS)))
    return value


def _is_drawn(shades: Whole) -> bool:
    """Whether a picture is a drawing: most of it is paper and ink."""
    found = np.sort(np.bincount(shades.ravel() * _SHADES_DRAWN // _SHADES, minlength=_SHADES_DRAWN))
    return int(found[-2:].sum()) >= _DRAWN * shades.size


def _ranks(shades: Whole, count: int) -> tuple[Whole, Whole]:
    """Return from which to which of `count` pixels in the order of light each shade stands for, by its own rank."""
    below = np.concatenate([[0], np.cumsum(np.bincount(shades.ravel(), minlength=_SHADES))]) * count // shades.size
    return below[:-1], below[1:]


def _ranks_in_range(shades: Whole, light: Whole) -> tuple[Whole, Whole]:
    """Return the same by light itself, the range of the shades being that of `light`, sorted, without its tails."""
    tail = int(light.size * _TAIL)
    darkest, lightest = int(light[tail]), int(light[light.size - 1 - tail])
    low, high = int(shades.min()), int(shades.max())
    steps = np.clip(np.arange(_SHADES) - low, 0, high - low)
    goal = darkest + steps * (lightest - darkest) // max(high - low, 1)
    return np.searchsorted(light, goal, "left"), np.searchsorted(light, goal, "right")


def _colours_at(ranks: tuple[Whole, Whole], like: Image, order: Whole) -> Image:
    """Return the mean of a picture's colours, in the order of light, around these ranks."""
    count, wide = order.size, max(1, int(order.size * _AROUND))
    first, last = np.maximum(ranks[0] - wide, 0), np.minimum(ranks[1] + wide, count)
    table = np.empty((first.size, like.shape[2]), np.float32)
    sums = np.zeros(count + 1, np.int64)
    for channel in range(like.shape[2]):
        colours = like[..., channel].ravel()
        for part in bands(count, 1):
            sums[1:][part] = _whole(colours[order[part]])
        check()
        np.cumsum(sums, out=sums)
        table[:, channel] = (sums[last] - sums[first]) / ((last - first) * _LEVELS)
    return table
