"""Handing a field to the next finer level on a device."""

from __future__ import annotations

from typing import Any

import torch

from .arithmetic import Tensor, on, trusted


def inherit(
    index: Tensor, distance: Tensor, parents: tuple[Any, Any], rests: tuple[Any, Any], tables: tuple[Any, Any],
    last: tuple[int, int],
) -> tuple[Tensor, Tensor]:
    """Return a field in which each patch takes its parent's place, through a table per axis, plus its own distance.

    Parents, rests and tables are per axis and small: arrays, as `search.inherit` makes them, or tensors.
    """
    home = trusted(index.device)
    rows, cols = (on(index.device, parent, torch.int64) for parent in parents)
    place = index.index_select(0, rows).index_select(1, cols).to(home)
    moved = []
    for axis, shape in ((0, (-1, 1)), (1, (1, -1))):
        table, rest = (on(home, values[axis], torch.float64) for values in (tables, rests))
        middle = table.index_select(0, place[..., axis].reshape(-1)).reshape(place.shape[:2]) + rest.reshape(shape)
        moved.append(torch.floor(middle + 0.5).clamp(0, last[axis]).to(torch.int32))
    return torch.stack(moved, dim=2).to(index.device), distance.index_select(0, rows).index_select(1, cols)
