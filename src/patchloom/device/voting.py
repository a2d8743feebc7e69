"""The vote on a device: gathers only, in the fold's order, so that sums are the same everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from .arithmetic import Tensor, divided, on
from .budget import blocks
from .patches import lines


def vote(
    value: Tensor, index: Tensor, fold: Any, *, touched: Tensor | None = None, image: Tensor | None = None
) -> Tensor:
    """Return the weighted mean of the patches that cover each pixel, or `image` where it is not touched.

    The fold may be an array, as `patches.fold_weights` makes it, or a tensor.
    """
    rows, cols = index.shape[:2]
    factors = np.array(fold.tolist(), np.float32)
    patch, channels = len(factors), value.shape[2]
    height, width = rows + patch - 1, cols + patch - 1
    found, below = lines(value, patch), index[..., 0] * value.shape[1] + index[..., 1]
    by = on(value.device, factors, torch.float32)[:, None, :, None]                # (p, 1, p, 1)
    weights = _Weights(factors, rows, cols, value.device)
    out = torch.empty((height, width, channels), dtype=torch.float32, device=value.device)
    for band in blocks(height, 4 * width * (2 * patch + 4) * channels, value.device):
        total = torch.zeros_like(out[band])
        for dy in range(patch):
            top, bottom = max(band.start - dy, 0), min(band.stop - dy, rows)
            if top >= bottom:
                continue
            first = below[top:bottom].reshape(-1) + dy * value.shape[1]
            parts = found.index_select(0, first).reshape(-1, cols, patch, channels).mul_(by[dy])
            down = total[top + dy - band.start : bottom + dy - band.start]
            for dx in range(patch):
                down[:, dx : dx + cols].add_(parts[:, :, dx])
        out[band] = divided(total, weights.of(band))
    return out if touched is None or image is None else torch.where(touched[..., None], out, image)


class _Weights:
    """The sums of the fold at each pixel: like the fold's corners at the picture's, all the same in the middle."""

    def __init__(self, fold: npt.NDArray[np.float32], rows: int, cols: int, device: torch.device) -> None:
        patch = len(fold)
        few = min(rows, patch), min(cols, patch)
        sums = np.zeros((few[0] + patch - 1, few[1] + patch - 1, 1), np.float32)
        for dy in range(patch):
            for dx in range(patch):
                sums[dy : dy + few[0], dx : dx + few[1]] += fold[dy, dx]
        self.sums = on(device, sums, torch.float32)
        self.rows, self.cols = (_stretched(*sides, patch, device) for sides in ((rows, few[0]), (cols, few[1])))

    def of(self, band: slice) -> Tensor:
        """Return the sums of a band of rows: (rows, W, 1)."""
        return self.sums.index_select(0, self.rows[band]).index_select(1, self.cols)


def _stretched(many: int, few: int, patch: int, device: torch.device) -> Tensor:
    """Return which of few patches' pixels stands for each of many patches' pixels along an axis."""
    place = torch.arange(many + patch - 1, device=device)
    return torch.minimum(place, (place - (many - few)).clamp_(min=few - 1))
