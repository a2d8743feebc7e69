"""Other sizes and shapes of the same picture, its objects as they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..checks import as_seed, as_size, as_whole
from ..errors import ImageError, ParameterError, explain
from ..layers import Blend
from ..params import GPNNParams
from ..pyramid import level_sizes, pyramid
from ..regions import grown_inwards, shrunk
from ..resize import resize
from ..types import Mask, Plan, Pyramid, Size, Stage
from .masked import as_part, resolved, shrinking, used, valid_patches
from .material import Maps, Weights, as_params, check_side, gather, levels_for
from .placing import Placed, placed, regions

MOST_STEPS = 64

# Of a side, from one stage of the coarsest level to the next, and the coarsest level's shorter side in patches, where
# nothing grows and where a side does: what grows is stretched before its patches are found, and an object that is
# larger than a patch and smooth inside would stay so. docs/tasks/retarget.md has the figures.
_SHRINKING, _GROWING = (1.1, 3.5), (1.06, 2.5)


def retarget(
    source: Any,
    size: Size,
    *,
    steps: int | None = None,
    protect: Any = None,
    remove: Any = None,
    maps: Maps = None,
    map_weights: Weights = None,
    params: GPNNParams | None = None,
    seed: int | None = None,
) -> Plan:
    """Plan a picture of another size or shape, whose objects keep theirs.

    Parameters
    ----------
    source : array or PIL image
        See `patchloom.checks.as_image`; each side at least ``params.patch_size``.
    size : (rows, columns)
        Size of the result.
    steps : int, optional
        In how many steps the coarsest level comes to its size, 1 (at once) to 64; by default
        in as many as change no side by more than a tenth, or by 6 % where one grows.
    protect : array or PIL image, optional
        A mask of the source's size: each connected white region is in the result as it is, at
        its place relative to the frame.
    remove : array or PIL image, optional
        A mask of the source's size: nothing that is white is in the result.
    maps, map_weights, params, seed
        As for `patchloom.plans.generate`; the numbers are by default
        ``PRESETS["retarget"]``, where ``coarsest`` 0 is three and a half patches, or two and a half
        where a side grows.

    Returns
    -------
    Plan

    Raises
    ------
    ImageError
        If a mask is of another size than the source, or covers nothing or everything, or both
        masks cover the same pixel.
    ParameterError
        If something is out of range, the protected regions do not fit, or no patch is left.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4.2; Simakov et al., "Summarizing
    visual data using bidirectional similarity" (CVPR 2008): gradual steps.
    """
    params = as_params(params, "retarget")
    material = gather(source, maps, map_weights)
    check_side(material.image, params)
    out = as_size(size, least=params.patch_size)
    keep, gone = _parts(protect, remove, material.size)
    step, patches = _GROWING if out[0] > material.size[0] or out[1] > material.size[1] else _SHRINKING
    params = resolved(params, params.coarsest or int(patches * params.patch_size))
    image = material.image if gone is None else grown_inwards(material.image, gone)
    levels, sizes = levels_for(pyramid(image, ratio=params.ratio, coarsest=params.coarsest), out, params)
    valid = None if gone is None else valid_patches(gone, levels, params, "remove")
    levels, sizes = used(levels, sizes, valid, params)
    count = len(sizes)
    plan = Plan(
        levels, sizes, levels[count - 1], params, as_seed(seed), task="retarget", layers=material.layers,
        valid=None if valid is None else valid[:count],
    )
    ways = way(material.size, out, as_steps(steps), step)
    if keep is not None:
        plan = _holding(plan, keep, ways)
    elif len(ways) > 1:
        plan = replace(plan, path=tuple(Stage(_coarsest(there, plan)) for there in ways[:-1]))
    first = plan.path[0].size if plan.path else sizes[-1]
    return replace(plan, guess=resize(plan.guess, first))


def _parts(protect: Any, remove: Any, size: Size) -> tuple[Mask | None, Mask | None]:
    """Return what to protect and what to remove."""
    given = (protect, "protect"), (remove, "remove")
    keep, gone = (None if mask is None else as_part(mask, size, None, name) for mask, name in given)
    if keep is not None and gone is not None and (keep & gone).any():
        raise ImageError(explain("protect", "pixels that remove covers too", "must not overlap", "change one of them"))
    return keep, gone


def _coarsest(size: Size, plan: Plan) -> Size:
    """Return what a size is at a plan's coarsest level."""
    return level_sizes(size, ratio=plan.params.ratio, levels=len(plan.sizes))[-1]


def _holding(plan: Plan, keep: Mask, ways: tuple[Size, ...]) -> Plan:
    """Return a plan that holds the protected regions at their places, at all stages of the way."""
    boxes = regions(keep)
    places = [placed(boxes, keep.shape, there, plan.params.patch_size) for there in (ways[-1], *ways[:-1])]
    free, known = _held(plan, keep, places[0])            # the last first: it is what an error should tell of
    if not free[0].any():
        raise ParameterError(
            explain("protect", "all of the result", "must leave something to change", "ask for another size")
        )
    path = []
    for place in places[1:]:
        clear, canvas = _held(plan, keep, place)
        path.append(Stage(_coarsest(place.size, plan), clear[-1], canvas[-1]))
    parts = tuple(zip(places[0].boxes, places[0].corners, strict=True))
    return replace(
        plan, free=free, known=known, home=places[0].home(keep.shape, plan.params.patch_size), path=tuple(path),
        blend=Blend(free[0].astype(np.float32), parts=parts),
    )


def _held(plan: Plan, keep: Mask, place: Placed) -> tuple[tuple[Mask, ...], Pyramid]:
    """Return the pixels that may change and what the others are, at all levels of the size of a stage."""
    params, source = plan.params, plan.source[0]
    sizes = level_sizes(place.size, ratio=params.ratio, levels=len(plan.sizes))
    around = params.patch_size * -(-place.size[0] // sizes[-1][0])     # what the coarsest level blurs into a region
    canvas = place.canvas(resize(source, place.size), source, around)
    return shrunk(~place.mask(keep), sizes, ratio=params.ratio), shrinking(canvas, sizes, params)


def as_steps(steps: Any) -> int | None:
    """Return a number of steps; None is as many as the change asks for."""
    return None if steps is None else as_whole(steps, "steps", 1, MOST_STEPS)


def way(source: Size, out: Size, steps: int | None, step: float) -> tuple[Size, ...]:
    """Return the sizes that lead from the source's to the output's, which is the last; both sides change evenly."""
    if steps is None:
        steps = max(_count(own, there, step) for own, there in zip(source, out, strict=True))
    factors = [_root(there / own, steps) for own, there in zip(source, out, strict=True)]
    ways, sides = [], [float(side) for side in source]
    for _ in range(steps - 1):
        sides = [side * factor for side, factor in zip(sides, factors, strict=True)]
        ways.append((int(sides[0] + 0.5), int(sides[1] + 0.5)))
    return *ways, out


def _count(own: int, there: int, step: float) -> int:
    """Return how many steps of at most a factor lead from one length to another."""
    length, longest, count = float(min(own, there)), max(own, there), 1
    while length * step < longest and count < MOST_STEPS:
        length *= step
        count += 1
    return count


def _root(ratio: float, degree: int) -> float:
    """Return the degree-th root by bisection: multiplications alone are the same everywhere."""
    low, high = min(1.0, ratio), max(1.0, ratio)
    for _ in range(64):
        middle, product = (low + high) / 2, 1.0
        for _ in range(degree):
            product *= middle
        low, high = (middle, high) if product < ratio else (low, middle)
    return (low + high) / 2
