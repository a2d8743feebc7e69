"""What a level of a run works with: its pictures, what may be read and changed, and the part to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import numpy.typing as npt

from . import kernels
from .cancelling import bands, check, copied
from .patches import going_round, grid
from .regions import bounding
from .resize import resize
from .search.patchmatch import random_index
from .types import NNF, Fields, Image, Mask, Masks, Plan, Size, Stage

Index = npt.NDArray[np.int32]


def visits(plan: Plan) -> Iterator[tuple[int, int, Stage]]:
    """Yield (level, number, stage) from coarse to fine; the coarsest level may be visited several times, by number."""
    coarsest = len(plan.sizes) - 1
    for number, stage in enumerate(plan.path):
        yield coarsest, number, stage
    for level in reversed(range(coarsest + 1)):
        yield level, len(plan.path) * (level == coarsest), plan.stage(level)


def blurred_key(plan: Plan, level: int, *, threads: int = 1) -> Image:
    """Return the source at a level, blurred as much as an upscaled guess is; the coarsest itself as it is.

    The pictures of a mosaic do not bleed into each other.
    """
    value, ratio = plan.source[level], plan.params.ratio
    if level + 1 == len(plan.source):
        return value
    coarser = plan.source[level + 1]
    if plan.boxes is None:
        return resize(coarser, (value.shape[0], value.shape[1]), scale=1 / ratio, threads=threads)
    key = value.copy()
    for fine, coarse in zip(plan.boxes[level], plan.boxes[level + 1], strict=True):
        part = np.ascontiguousarray(_part(coarser, coarse))
        _part(key, fine)[...] = resize(part, fine[2:], scale=1 / ratio, threads=threads)
    return key


def _part(image: Image, box: tuple[int, int, int, int]) -> Image:
    top, left, rows, cols = box
    return image[top : top + rows, left : left + cols]


@dataclass(frozen=True, eq=False)
class Scene:
    """What one visit of a level may read and change.

    Attributes
    ----------
    stage : Stage
        The output's size, and what of it stays.
    patches : (slice, slice)
        The patches of the output that are looked at: all active ones lie among them.
    pixels : (slice, slice)
        The pixels that these cover.
    masks : Masks
        Of the part that is looked at.
    home : NNF or None
        Where patches that are not active come from, in the whole output; None if all are active.
    """

    stage: Stage
    patches: tuple[slice, slice]
    pixels: tuple[slice, slice]
    masks: Masks
    home: NNF | None = None

    def resized(self, image: Image, scale: float | None, *, threads: int) -> Image:
        """Return `image` at the stage's size, with what is known put back."""
        stage, wrap = self.stage, self.masks.wrap
        if stage.free is None or stage.known is None:
            return resize(image, stage.size, scale=scale, wrap=wrap, threads=threads)
        out = copied(stage.known)
        part = resize(image, stage.size, scale=scale, wrap=wrap, part=self.pixels, threads=threads)
        below, free = out[self.pixels], stage.free[self.pixels]
        for rows in bands(len(part), part[:1].size):
            np.copyto(below[rows], part[rows], where=free[rows, :, None])
        return out

    def part(self, image: Image) -> Image:
        """Return what is looked at of the output."""
        if self.home is None:
            return image
        part = image[self.pixels]
        return part if part.flags.c_contiguous else copied(part)

    def start(self, fields: Fields | None, keys: Size, seed: int) -> Fields | None:
        """Return the part's fields to start from: those that were handed down, or made-up ones."""
        active = self.masks.active
        if self.home is None or active is None:
            return fields
        home = self.home.index[self.patches]
        nowhere = np.zeros(active.shape, np.float32)
        if fields is None:
            index = random_index((active.shape[0], active.shape[1]), keys, self.masks.valid, seed)
            return Fields(_field(active, index, home, nowhere, self.home.patch_size), cold=True)
        index, distance = fields.forward.index[self.patches], fields.forward.distance[self.patches]
        return Fields(_field(active, index, home, distance, self.home.patch_size), fields.reverse)

    def whole(self, image: Image, part: Image, fields: Fields) -> Callable[[], tuple[Image, Fields]]:
        """Return what puts the part back into `image`, once, and gives both as a step shows them."""
        below = part if self.home is None else image      # what is not needed is let go
        return cache(partial(self._whole, below, part, Fields(fields.forward, fields.reverse, fields.moved)))

    def _whole(self, image: Image, part: Image, fields: Fields) -> tuple[Image, Fields]:
        index, distance, patch_size = fields.forward.index, fields.forward.distance, fields.forward.patch_size
        if self.home is None:
            return part, Fields(NNF(index, distance, patch_size, self.masks.wrap), fields.reverse, fields.moved)
        image = copied(image)
        image[self.pixels] = part
        check()
        places = copied(self.home.index)
        places[self.patches] = index
        check()
        distances = copied(self.home.distance)
        distances[self.patches] = distance
        return image, Fields(NNF(places, distances, patch_size, self.masks.wrap), fields.reverse, fields.moved)


def _field(active: Mask, index: Index, home: Index, distance: npt.NDArray[np.float32], patch_size: int) -> NNF:
    places, distances = np.empty(home.shape, np.int32), np.empty(active.shape, np.float32)
    for rows in bands(len(active), 2 * active[:1].size):
        places[rows] = np.where(active[rows, :, None], index[rows], home[rows])
        distances[rows] = np.where(active[rows], distance[rows], np.float32(0))
    return NNF(places, distances, patch_size)


def at(plan: Plan, level: int, stage: Stage, *, home: Callable[[Plan, int, Size], NNF] | None = None) -> Scene:
    """Return what a visit of a level may read and change.

    Only the surroundings of what may change are looked at, unless completeness asks for the whole output. `home` tells
    where so many patches come from if they are not active; by default as arrays.
    """
    patch, wrap = plan.params.patch_size, plan.wrap
    valid = None if plan.valid is None else plan.valid[level]
    every = slice(None), slice(None)
    if stage.free is None:
        return Scene(stage, every, every, Masks(valid, wrap=wrap))
    free = np.ascontiguousarray(going_round(stage.free, patch, wrap))
    active = kernels.window(free, patch, full=False)
    from_home = (home or _home)(plan, level, (active.shape[0], active.shape[1]))
    if plan.params_at(level).alpha < np.inf:
        return Scene(stage, every, every, Masks(valid, active, stage.free, wrap), from_home)
    held = zip(bounding(active), active.shape, wrap, strict=True)
    rows, cols = (slice(0, length) if goes else side for side, length, goes in held)
    down, right = ((patch - 1) * (not goes) for goes in wrap)
    pixels = slice(rows.start, rows.stop + down), slice(cols.start, cols.stop + right)
    part = active[rows, cols], np.ascontiguousarray(stage.free[pixels])
    return Scene(stage, (rows, cols), pixels, Masks(valid, *part, wrap), from_home)


def _home(plan: Plan, level: int, patches: Size) -> NNF:
    home, distance, scaling = told_home(plan), np.zeros(patches, np.float32), home_scaling(plan, level, patches)
    if scaling is None:
        return NNF(home, distance, plan.params.patch_size)
    places, tables = scaling
    scaled = np.empty((*patches, 2), np.int32)
    for axis, table in enumerate(tables):
        for rows in bands(len(scaled), scaled[:1].size):
            scaled[rows, :, axis] = table[home[..., axis][places[0][rows, None], places[1][None, :]]]
    return NNF(scaled, distance, plan.params.patch_size)


def told_home(plan: Plan) -> Index:
    """Return where patches that are not active come from at the finest level."""
    if plan.home is None:
        raise AssertionError("a plan with free pixels tells where the others come from")
    return plan.home


def home_scaling(plan: Plan, level: int, patches: Size) -> tuple[list[npt.NDArray[np.int64]], list[Index]] | None:
    """Return how a level's patches find theirs in what is told for the finest one; None where it is that very field.

    For the rows and for the columns: which entry each patch takes, and what its index becomes.
    """
    home = told_home(plan)
    if level == 0 and home.shape[:2] == patches:
        return None
    places = [
        np.minimum((np.arange(count, dtype=np.int64) * 2 + 1) * own // (2 * count), own - 1)
        for count, own in zip(patches, home.shape[:2], strict=True)
    ]
    keys = [grid(plan.source[of], plan.params.patch_size) for of in (0, level)]
    tables = [(np.arange(fine, dtype=np.int64) * coarse // fine).astype(np.int32)
              for fine, coarse in zip(*keys, strict=True)]
    return places, tables
