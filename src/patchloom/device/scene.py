"""What a level of a run works with, on tensors: `patchloom.scene` on a device."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import torch

from .. import scene
from ..scene import home_scaling, told_home
from ..types import NNF, Fields, Masks, Plan, Size, Stage
from .arithmetic import Tensor
from .searching import random_index
from .shaping import resize
from .transfer import Transfer


def at(plan: Plan, level: int, stage: Stage, transfer: Transfer) -> Scene:
    """As `patchloom.scene.at`: what may be read and changed is told by the same code, and then taken to the device."""
    host = scene.at(plan, level, stage, home=partial(_home, transfer=transfer))
    valid, active, free = map(transfer.maybe, (host.masks.valid, host.masks.active, host.masks.free))
    masks = Masks(valid, active, free, host.masks.wrap)
    return Scene(host.stage, host.patches, host.pixels, masks, host.home)


def _home(plan: Plan, level: int, patches: Size, *, transfer: Transfer) -> NNF:
    home = transfer.held(told_home(plan))
    distance = torch.zeros(patches, dtype=torch.float32, device=home.device)
    scaling = home_scaling(plan, level, patches)
    if scaling is None:
        return NNF(home, distance, plan.params.patch_size)
    rows, cols = (transfer.to(place) for place in scaling[0])
    scaled = [transfer.to(table)[home[..., axis][rows[:, None], cols].long()] for axis, table in enumerate(scaling[1])]
    return NNF(torch.stack(scaled, dim=2), distance, plan.params.patch_size)


class Scene(scene.Scene):
    """A visit of a level, its masks and its home on a device."""

    def taken_up(self, image: Tensor, scale: float | None, transfer: Transfer) -> Tensor:
        """As `patchloom.scene.Scene.resized`."""
        stage, wrap, free = self.stage, self.masks.wrap, self.masks.free
        if stage.known is None or free is None:
            return resize(image, stage.size, scale=scale, wrap=wrap)
        out = transfer.to(stage.known)
        part = resize(image, stage.size, scale=scale, wrap=wrap, part=self.pixels)
        out[self.pixels] = torch.where(free[..., None], part, out[self.pixels])
        return out

    def part(self, image: Tensor) -> Tensor:
        """Return what is looked at of the output."""
        return image if self.home is None else image[self.pixels].contiguous()

    def start(self, fields: Fields | None, keys: Size, seed: int) -> Fields | None:
        """Return the part's fields to start from: those that were handed down, or made-up ones."""
        active: Any = self.masks.active
        if self.home is None or active is None:
            return fields
        home = self.home.index[self.patches]
        if fields is None:
            queries = (active.shape[0], active.shape[1])
            index = random_index(queries, keys, self.masks.valid, seed, active.device)
            nowhere = torch.zeros(queries, dtype=torch.float32, device=active.device)
            return Fields(_field(active, index, home, nowhere, self.home.patch_size), cold=True)
        index, distance = fields.forward.index[self.patches], fields.forward.distance[self.patches]
        return Fields(_field(active, index, home, distance, self.home.patch_size), fields.reverse)

    def whole(self, image: Tensor, part: Tensor, fields: Fields) -> Callable[[], tuple[Tensor, Fields]]:
        """Return what puts the part back into `image`, once, and gives both on the device."""
        below = part if self.home is None else image
        return cache(partial(self._whole, below, part, Fields(fields.forward, fields.reverse, fields.moved)))

    def _whole(self, image: Tensor, part: Tensor, fields: Fields) -> tuple[Tensor, Fields]:
        index, distance, patch_size = fields.forward.index, fields.forward.distance, fields.forward.patch_size
        if self.home is not None:
            image, index, distance = (
                _put(whole, where, inside) for whole, where, inside in (
                    (image, self.pixels, part), (self.home.index, self.patches, index),
                    (self.home.distance, self.patches, distance),
                )
            )
        return image, Fields(NNF(index, distance, patch_size, self.masks.wrap), fields.reverse, fields.moved)


def _field(active: Tensor, index: Tensor, home: Tensor, distance: Tensor, patch_size: int) -> NNF:
    places = torch.where(active[..., None], index, home)
    return NNF(places, torch.where(active, distance, torch.zeros_like(distance)), patch_size)


def _put(whole: Tensor, where: tuple[slice, slice], inside: Tensor) -> Tensor:
    out = whole.clone()
    out[where] = inside
    return out
