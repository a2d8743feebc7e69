"""Separable resampling on a device."""

from __future__ import annotations

from typing import Any

import torch

from .arithmetic import Tensor, on
from .budget import blocks


def resize(image: Tensor, row_index: Any, row_weight: Any, col_index: Any, col_weight: Any) -> Tensor:
    """Return weighted taps along rows, then columns, added tap by tap.

    The taps may be arrays as `resize.taps` makes them, or tensors.
    """
    rows, cols, channels = len(row_index), len(col_index), image.shape[2]
    down = on(image.device, row_index, torch.int32), on(image.device, row_weight, torch.float32)
    across = on(image.device, col_index, torch.int32), on(image.device, col_weight, torch.float32)
    out = torch.empty((rows, cols, channels), dtype=torch.float32, device=image.device)
    for band in blocks(rows, 12 * (image.shape[1] + cols) * channels, image.device):
        out[band] = _along(_along(image, 0, down[0][band], down[1][band]), 1, *across)
    return out


def _along(image: Tensor, axis: int, index: Tensor, weight: Tensor) -> Tensor:
    shape = (-1, 1, 1) if axis == 0 else (1, -1, 1)
    total = image.index_select(axis, index[:, 0]).mul_(weight[:, 0].reshape(shape))
    for tap in range(1, index.shape[1]):
        total.add_(image.index_select(axis, index[:, tap]).mul_(weight[:, tap].reshape(shape)))
    return total
