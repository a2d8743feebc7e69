"""Image pyramids: the sizes of the levels, and the pictures."""

from __future__ import annotations

import math

from .resize import resize
from .types import Image, Pyramid, Size


def level_sizes(size: Size, *, ratio: float, levels: int) -> tuple[Size, ...]:
    """Return the sizes of `levels` levels, finest first.

    Side l is ceil(side * ratio**l), with ratio**l by repeated multiplication so
    that no processor's rounding shows.
    """
    sizes, factor = [], 1.0
    for _ in range(levels):
        rows, cols = (max(1, math.ceil(side * factor - 1e-9)) for side in size)
        sizes.append((rows, cols))
        factor *= ratio
    return tuple(sizes)


def depth(size: Size, *, ratio: float, coarsest: int) -> int:
    """Return the number of levels whose last has a shorter side nearest to `coarsest`.

    Nearest in ratio; 1 if the picture itself is that small.

    Examples
    --------
    >>> depth((186, 248), ratio=0.75, coarsest=14)
    10
    """
    shorter, levels = float(min(size)), 1
    while coarsest * coarsest < shorter * math.ceil(shorter * ratio) and shorter * ratio >= 1:
        shorter *= ratio
        levels += 1
    return levels


def pyramid(image: Image, *, ratio: float, coarsest: int, threads: int = 1) -> Pyramid:
    """Return the picture at falling sizes, each made from the one before.

    Parameters
    ----------
    image : Image
        (H, W, C).
    ratio : float
        Size of a level relative to the next finer one, under 1.
    coarsest : int
        Shorter side of the coarsest level in pixels, met as nearly as whole
        levels allow.
    threads : int
        At least 1.

    Returns
    -------
    Pyramid
        Finest first. At each level the shorter side is ceil(side * ratio**l).

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 3.
    """
    size = (image.shape[0], image.shape[1])
    sizes = level_sizes(size, ratio=ratio, levels=depth(size, ratio=ratio, coarsest=coarsest))
    levels = [image]
    for smaller in sizes[1:]:
        levels.append(resize(levels[-1], smaller, scale=ratio, threads=threads))
    return tuple(levels)
