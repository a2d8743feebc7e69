"""Other sizes and shapes of the same picture, its objects as they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..checks import as_mask, as_seed, as_size
from ..errors import ImageError, ParameterError, explain
from ..layers import Blend
from ..params import GPNNParams
from ..pyramid import level_sizes, pyramid
from ..regions import grown_inwards, shrunk
from ..resize import resize
from ..types import Mask, Plan, Size, Stage
from .inpaint import check_share
from .masked import resolved, shrinking, used, valid_patches
from .material import Maps, Weights, as_params, check_side, gather, levels_for
from .placing import placed, regions

MOST_STEPS = 64
_STEP = 1.1                                                # of a side, from one stage of the coarsest level to the next
_PATCHES = 4                                               # of the coarsest level's shorter side


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
        in as many as change no side by more than a tenth.
    protect : array or PIL image, optional
        A mask of the source's size: each connected white region is in the result as it is, at
        its place relative to the frame.
    remove : array or PIL image, optional
        A mask of the source's size: nothing that is white is in the result.
    maps, map_weights, params, seed
        As for `patchloom.plans.generate`; the numbers are by default
        ``PRESETS["retarget"]``, where ``coarsest`` 0 is four patches.

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
    params = resolved(params, params.coarsest or _PATCHES * params.patch_size)
    keep = None if protect is None else _part(protect, material.size, "protect")
    gone = None if remove is None else _part(remove, material.size, "remove")
    if keep is not None and gone is not None and (keep & gone).any():
        raise ImageError(explain("protect", "pixels that remove covers too", "must not overlap", "change one of them"))
    image = material.image if gone is None else grown_inwards(material.image, gone)
    levels, sizes = levels_for(pyramid(image, ratio=params.ratio, coarsest=params.coarsest), out, params)
    valid = None if gone is None else valid_patches(gone, levels, params, "remove")
    levels, sizes = used(levels, sizes, valid, params)
    if valid is not None:
        valid = valid[: len(sizes)]
    ways = way(material.size, out, as_steps(steps))
    plan = Plan(
        levels, sizes, levels[len(sizes) - 1], params, as_seed(seed), task="retarget", layers=material.layers, valid=valid
    )
    if keep is None:
        path = tuple(Stage(level_sizes(size, ratio=params.ratio, levels=len(sizes))[-1]) for size in ways[:-1])
    else:
        plan, path = _holding(plan, keep, ways)
    first = path[0].size if path else sizes[-1]
    guess = resize(levels[len(sizes) - 1], first)
    return replace(plan, guess=guess, path=path)


def _holding(plan: Plan, keep: Mask, ways: tuple[Size, ...]) -> tuple[Plan, tuple[Stage, ...]]:
    """Return a plan that holds the protected regions at their places, and the stages that it goes through."""
    params, source, count = plan.params, plan.source[0], len(plan.sizes)
    size, boxes = (source.shape[0], source.shape[1]), regions(keep)
    held = []
    for there in (ways[-1], *ways[:-1]):                  # the last first: if something does not fit, it says so
        place = placed(boxes, size, there, params.patch_size)
        mask = place.mask(keep)
        sizes = level_sizes(there, ratio=params.ratio, levels=count)
        canvas = place.canvas(resize(source, there), source, max(1, min(size) // min(plan.source[count-1].shape[:2])) * params.patch_size)
        held.append((place, shrunk(~mask, sizes, ratio=params.ratio), shrinking(canvas, sizes, params)))
    place, free, known = held[0]
    if not free[0].any():
        raise ParameterError(
            explain("protect", "all of the result", "must leave something to change", "ask for another size")
        )
    alpha = free[0].astype(np.float32)
    plan = replace(
        plan, free=free, known=known, home=place.home(size, params.patch_size),
        blend=Blend(alpha, parts=tuple(zip(place.boxes, place.corners, strict=True))),
    )
    return plan, tuple(Stage(known[-1].shape[:2], free[-1], known[-1]) for _, free, known in held[1:])


def as_steps(steps: Any) -> int | None:
    """Return a number of steps."""
    if steps is None:
        return None
    whole = 0 if isinstance(steps, bool) or int(steps) != steps else int(steps)
    if not 1 <= whole <= MOST_STEPS:
        raise ParameterError(explain("steps", repr(steps), f"must be a whole number, 1 to {MOST_STEPS}"))
    return whole


def way(source: Size, out: Size, steps: int | None) -> tuple[Size, ...]:
    """Return the sizes that lead from the source's to the output's, which is the last; both sides change evenly."""
    if steps is None:
        steps = max(_count(own, there) for own, there in zip(source, out, strict=True))
    factors = [_root(there / own, steps) for own, there in zip(source, out, strict=True)]
    ways, sides = [], [float(side) for side in source]
    for _ in range(steps - 1):
        sides = [side * factor for side, factor in zip(sides, factors, strict=True)]
        ways.append((int(sides[0] + 0.5), int(sides[1] + 0.5)))
    return *ways, out


def _count(own: int, there: int) -> int:
    """Return how many steps of at most a tenth lead from one length to another."""
    length, longest, count = float(min(own, there)), max(own, there), 1
    while length * _STEP < longest and count < MOST_STEPS:
        length *= _STEP
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


def _part(mask: Any, size: Size, name: str) -> Mask:
    part = as_mask(mask, size, name)
    check_share(part, name)
    return part
