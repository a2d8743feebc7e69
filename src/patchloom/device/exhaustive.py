"""Exhaustive search on a device: tables of distances by products of matrices that are exact.

``distance = |q|^2 + |k|^2 - 2 q.k`` holds in integers. A product's sums are floats, but every one of them, in whatever
order a library adds them and fused or not, is a whole number that its type has: see `_by_doubles` and `_by_parts`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import torch

from ..cancelling import check
from . import budget
from .arithmetic import Tensor, mean_of, weigh
from .budget import blocks
from .patches import first_pixels, lines, patches_at, places

_PAIR_BYTES = 24                                          # of a table, and of what is made on the way to it and of it
_FULL_RATE = ((6, 0), (7, 0), (8, 0), (9, 0), (10, 0))    # CUDA's compute capabilities with float64 at half of float32


def exact(
    query: Tensor, key: Tensor, patch: int, weight: Tensor | None, valid: Tensor | None, at: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return the nearest key of every query patch, the first of equals, and its sum of squared differences.

    int32 (H', W', 2) and (H', W'); with `at`, positions of query patches in row-major order, (n, 2) and (n,) of these.
    """
    ours, theirs = _Patches(query, patch), _Patches(key, patch)
    wanted = ours.all() if at is None else at
    keys = theirs.all() if valid is None else valid.reshape(-1).nonzero()[:, 0]
    factors = None if weight is None else weight.reshape(-1)[keys]
    found, least = torch.empty_like(wanted, dtype=torch.int64), torch.empty_like(wanted, dtype=torch.int32)
    across = _across(ours, len(keys))
    for part in blocks(len(wanted), _PAIR_BYTES * across + 16 * ours.values, query.device):
        queries, best = ours.at(wanted[part]), None
        for start in range(0, len(keys), across):
            check()
            some = slice(start, min(start + across, len(keys)))
            table = _table(queries, theirs.at(keys[some]))
            best = _better(best, _least(table, start, None if factors is None else factors[some]))
        assert best is not None                           # some key is valid
        found[part], least[part] = keys[best[1]], best[2]
    index = places(found, theirs.cols)
    return (index, least) if at is not None else (index.reshape(*ours.grid, 2), least.reshape(ours.grid))


def exact_both(
    query: Tensor, key: Tensor, patch: int, steps: float, alpha: float, valid: Tensor | None = None
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor], Tensor]:
    """Search in both directions at once, for completeness: a table has the distances of both.

    Parameters
    ----------
    query, key : int16 tensor (H, W, C), (K, L, C)
        On the quantiser's scale.
    patch : int
        Side of a patch in pixels.
    steps : float
        Sum of squared integer differences that make a mean squared difference of 1.
    alpha : float
        Finite; see `weigh`.
    valid : bool tensor (K', L'), optional
        Keys that the forward field may find.

    Returns
    -------
    forward, reverse : (int32 tensor (..., 2), int32 tensor)
        From query to key by weighted distance, and from key to query: indices and sums of squared differences.
    weight : float32 tensor (K', L')
        A factor per key patch.
    """
    ours, theirs = _Patches(query, patch), _Patches(key, patch)
    queries, keys = ours.all(), theirs.all()
    allowed = None if valid is None else valid.reshape(-1)
    best = torch.full_like(queries, math.inf, dtype=torch.float32), torch.zeros_like(queries), _whole_like(queries)
    reverse = torch.zeros_like(keys), _whole_like(keys)
    weight = torch.empty_like(keys, dtype=torch.float32)
    panel = max(1, 4 * budget.room(key.device) // (_PAIR_BYTES * len(queries)))     # keys; all queries are held
    for start in range(0, len(keys), panel):
        some = slice(start, min(start + panel, len(keys)))
        others, tables, near = theirs.at(keys[some]), [], None
        for rows in blocks(len(queries), _PAIR_BYTES * panel + 16 * ours.values, key.device):
            tables.append((rows, _table(ours.at(queries[rows]), others)))
            near = _better(near, _nearest(tables[-1][1], 0, rows.start))
        assert near is not None                           # there are queries
        reverse[0][some], reverse[1][some] = near[1], near[2]
        weight[some] = weigh(mean_of(reverse[1][some], steps), alpha)
        for rows, table in tables:
            found = _least(table, start, weight[some], None if allowed is None else allowed[some])
            known = best[0][rows], best[1][rows], best[2][rows]
            for kept, better in zip(known, _better(known, found), strict=True):
                kept.copy_(better)
    forward = places(best[1], theirs.cols).reshape(*ours.grid, 2), best[2].reshape(ours.grid)
    back = places(reverse[0], ours.cols).reshape(*theirs.grid, 2), reverse[1].reshape(theirs.grid)
    return forward, back, weight.reshape(theirs.grid)


def _whole_like(places: Tensor) -> Tensor:
    return torch.zeros_like(places, dtype=torch.int32)


class _Patches:
    """A picture whose patches are taken out by their positions in row-major order."""

    def __init__(self, image: Tensor, patch: int) -> None:
        self.lines, self.patch, self.width, self.device = lines(image, patch), patch, image.shape[1], image.device
        self.grid = image.shape[0] - patch + 1, image.shape[1] - patch + 1
        self.cols, self.values = self.grid[1], patch * patch * image.shape[2]

    def all(self) -> Tensor:
        """Return all positions."""
        return torch.arange(self.grid[0] * self.grid[1], device=self.device)

    def at(self, flat: Tensor) -> Tensor:
        """Return the patches at these positions: int32 (n, p * p * C)."""
        first = first_pixels(flat, self.cols, self.width)
        return patches_at(self.lines, first, self.width, self.patch).to(torch.int32)


Found: TypeAlias = tuple[Tensor, Tensor, Tensor]          # score, position among those searched, distance (int32)


def _across(ours: _Patches, keys: int) -> int:
    """Return how many keys to take at a time: a table within the budget is then about square."""
    room = budget.room(ours.device)
    return max(1, min(keys, math.isqrt(room // _PAIR_BYTES), max(64, room // (16 * ours.values))))


def _least(table: Tensor, start: int, weight: Tensor | None, allowed: Tensor | None = None) -> Found:
    """Return each query's best key of a table whose first key is number `start`; scores are float32 if weighted."""
    if weight is None:
        return _nearest(table, 1, start)
    scores = table.to(torch.float32).mul_(weight)
    if allowed is not None:
        scores.masked_fill_(~allowed, math.inf)
    least, which = first_least(scores, 1)
    return least, which + start, table.gather(1, which[:, None])[:, 0].to(torch.int32)


def _nearest(table: Tensor, axis: int, start: int) -> Found:
    """Return the smallest distances along an axis, and where they are if the first is number `start`."""
    least, which = first_least(table, axis)
    whole = least.to(torch.int32)
    return whole, which + start, whole


def _better(best: Found | None, new: Found) -> Found:
    """Return the better of two for each query; the first of equals."""
    if best is None:
        return new
    less = new[0] < best[0]
    return torch.where(less, new[0], best[0]), torch.where(less, new[1], best[1]), torch.where(less, new[2], best[2])


def first_least(table: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Return the smallest values along an axis, and where the first of equals stands."""
    if table.device.type != "mps":
        least, which = table.min(dim=axis)                # the first of equals, as torch documents it
        return least, which
    return _first_least(table, axis)


def _first_least(table: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Return the same of any device: the least of the places where the least value is."""
    least, count = table.amin(dim=axis, keepdim=True), table.shape[axis]
    place = torch.arange(count, dtype=torch.int32, device=table.device).reshape((-1, 1) if axis == 0 else (1, -1))
    which = torch.where(table == least, place, place.new_full((1, 1), count)).amin(dim=axis)
    return least.squeeze(axis), which.to(torch.int64)


def _table(queries: Tensor, keys: Tensor) -> Tensor:
    """Return all distances between patches, int32 (n, values) and (m, values), as whole numbers (n, m)."""
    return _product_for(queries.device)(queries, keys)


def _product_for(device: torch.device) -> Callable[[Tensor, Tensor], Tensor]:
    if device.type == "cpu" or (device.type == "cuda" and torch.cuda.get_device_capability(device) in _FULL_RATE):
        return _by_doubles
    return _by_parts


def _by_doubles(queries: Tensor, keys: Tensor) -> Tensor:
    """One product of float64: the squares are two values more. Sums stay below 2**34, and float64 has all to 2**53."""
    one = [torch.ones_like(side[:, :1]) for side in (queries, keys)]
    left = torch.cat([-2 * queries, _squares(queries), one[0]], dim=1).to(torch.float64)
    right = torch.cat([keys, one[1], _squares(keys)], dim=1).to(torch.float64)
    return left @ right.T


def _squares(patches: Tensor) -> Tensor:
    return (patches * patches).sum(dim=1, keepdim=True, dtype=torch.int32)       # fits: see search/quantise.py


def _by_parts(queries: Tensor, keys: Tensor) -> Tensor:
    """Three products of float32, for devices with little or no float64: int32.

    The n values of a patch are within [0, t], n * t**2 < 2**31 (see search/quantise.py). Less t // 2 they are split
    into ``high * 2**b + low`` with ``-2**(b - 1) <= low < 2**(b - 1)``, where b is `low_bits`. So high is at most
    ``h = (t / 2 + 1) / 2**b + 1`` in size, and no sum exceeds 2**24, up to where float32 has every whole number: not
    n * 4**(b - 1), of low by low; nor n * h**2, of high by high; nor 2 * n * h * 2**(b - 1), of the mixed products,
    made as one. The tests compute these for all n. Parts are at most 256 in size, so that TensorFloat-32 and bfloat16
    hold them too: whether torch multiplies float32 by way of these makes no difference.
    """
    values = queries.shape[1]
    bits = low_bits(values)
    (q_high, q_low), (k_high, k_low) = (_split(side - largest(values) // 2, bits) for side in (queries, keys))
    dots = (q_high @ k_high.T).to(torch.int32) << 2 * bits
    mixed = torch.cat([q_high, q_low], dim=1) @ torch.cat([k_low, k_high], dim=1).T
    dots += mixed.to(torch.int32) << bits
    dots += (q_low @ k_low.T).to(torch.int32)
    ours, theirs = (_squares(side - largest(values) // 2) for side in (queries, keys))
    return dots.mul_(-2).add_(ours).add_(theirs.T)


def largest(values: int) -> int:
    """Return the largest difference of two values that the quantiser makes for patches of so many."""
    return min(32767, math.isqrt((2**31 - 1) // values))


def low_bits(values: int) -> int:
    """Return how many bits a low part has: the most whose products' sum float32 holds exactly, and at most 7."""
    return max(bits for bits in range(1, 8) if values * 4 ** (bits - 1) <= 2**24)


def _split(whole: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    high = (whole + (1 << bits - 1)) >> bits
    return high.to(torch.float32), (whole - (high << bits)).to(torch.float32)
