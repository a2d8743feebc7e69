"""Patches of a picture on a device, taken out by where they begin."""

from __future__ import annotations

import torch

from .arithmetic import Tensor, quotient


def lines(image: Tensor, patch: int) -> Tensor:
    """Return the `patch` pixels that begin at each pixel, row by row, as one row each: (H * W - patch + 1, patch * C).

    A view, but on MPS, which would copy it at every use.
    """
    count, channels = image.shape[0] * image.shape[1], image.shape[2]
    view = image.reshape(-1).as_strided((count - patch + 1, patch * channels), (channels, 1))
    return view.contiguous() if image.device.type == "mps" else view


def patches_at(rows: Tensor, first: Tensor, width: int, patch: int) -> Tensor:
    """Return the patches whose first pixels are told, from a picture's `lines`: (n, p * p * C)."""
    down = torch.arange(0, patch * width, width, dtype=first.dtype, device=first.device)
    return rows.index_select(0, (first[:, None] + down).reshape(-1)).reshape(len(first), -1)


def places(flat: Tensor, cols: int) -> Tensor:
    """Return positions in row-major order as (row, column), int32 (..., 2)."""
    row = quotient(flat, cols)
    return torch.stack([row, flat - row * cols], dim=-1).to(torch.int32)


def first_pixels(flat: Tensor, cols: int, width: int) -> Tensor:
    """Return where patches begin among the pixels of a picture, from their positions among `cols` patches a row."""
    return flat + quotient(flat, cols) * (width - cols)
