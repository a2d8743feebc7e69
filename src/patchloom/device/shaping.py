"""What `patchloom.resize`, `patchloom.patches` and `patchloom.balance` do to pictures, on tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..balance import middles
from ..patches import fold_weights
from ..resize import both_taps
from ..types import NNF, Kept, Masks, Size, Wrap
from . import kernels
from .arithmetic import Tensor, on, trusted


def resize(
    image: Tensor, size: Size, *, scale: float | None = None, wrap: Wrap = (False, False),
    part: tuple[slice, slice] | None = None,
) -> Tensor:
    """As `patchloom.resize.resize`."""
    axes = both_taps((image.shape[0], image.shape[1]), size, scale, wrap, part)
    if axes is None:
        return image if part is None else image[part].contiguous()
    return kernels.resize(image, *axes)


def around(tensor: Tensor, rows: tuple[int, int], cols: tuple[int, int]) -> Tensor:
    """As `patchloom.patches.around`."""
    for axis, (before, after) in enumerate((rows, cols)):
        if before or after:
            length = tensor.shape[axis]
            at = on(tensor.device, np.arange(-before, length + after) % length, torch.int64)
            tensor = tensor.index_select(axis, at)
    return tensor


def going_round(tensor: Tensor, patch_size: int, wrap: Wrap) -> Tensor:
    """As `patchloom.patches.going_round`."""
    return around(tensor, (0, (patch_size - 1) * wrap[0]), (0, (patch_size - 1) * wrap[1]))


def vote_again(
    value: Tensor, nnf: NNF, image: Tensor, kept: Kept | None, before: NNF | None, *, masks: Masks, sigma: float
) -> tuple[Tensor, float]:
    """As `patchloom.patches.vote_again`."""
    active, patch, share = masks.active, nnf.patch_size, 1.0
    moved: Any = active
    if kept is not None and before is not None and kept.image is image and kept.value is value:
        moved = (before.index != nnf.index).any(dim=2)
        share = int(moved.sum()) / max(moved.numel() if active is None else int(active.sum()), 1)
    over = [(patch - 1) * goes for goes in masks.wrap]
    touched = below = None
    if moved is not None or masks.free is not None:
        moved = torch.ones_like(nnf.distance, dtype=torch.bool) if moved is None else moved
        touched = kernels.window(around(moved, (over[0], 0), (over[1], 0)), patch, full=True)
        if masks.free is not None:
            touched &= around(masks.free, (over[0], over[0]), (over[1], over[1]))
        below = around(image, (over[0], over[0]), (over[1], over[1]))
    index, fold = around(nnf.index, (over[0], 0), (over[1], 0)), fold_weights(patch, sigma)
    out = kernels.vote(value, index, fold, touched=touched, image=below)
    if any(over):
        out = out[over[0] : over[0] + image.shape[0], over[1] : over[1] + image.shape[1]].contiguous()
    return out, share


def balance(image: Tensor, like: Tensor) -> Tensor:
    """As `patchloom.balance.balance`."""
    out, count = torch.empty_like(image), image.shape[0] * image.shape[1]
    place = on(image.device, middles(count, like.shape[0] * like.shape[1]), torch.int64)
    home = trusted(image.device)
    for channel in range(image.shape[2]):
        # zeros of either sign are equal, but not to every device's sort
        order = (image[..., channel].flatten() + 0.0).to(home).argsort(stable=True).to(image.device)
        values = (like[..., channel].flatten() + 0.0).to(home).sort().values.to(image.device)
        out.view(count, -1)[order, channel] = values[place]
    return out
