"""One PatchMatch sweep on a device: the native kernel's candidates, many queries and keys at a time.

All candidates of a sweep come from the old field, so that the order in which they are judged shows in nothing but ties:
the first of the best wins, as if they had been offered one after the other.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import torch

from .arithmetic import Tensor, draw, hash_counter, mean_of, quotient, shifted
from .budget import blocks
from .exhaustive import first_least
from .patches import first_pixels, lines, patches_at, places
from .pictures import sum_code

Pictures: TypeAlias = tuple[Tensor, Tensor, int, Tensor, Tensor, int, Tensor, Tensor]
Field: TypeAlias = tuple[Tensor, Tensor | None]
Ways: TypeAlias = tuple[Any, Any, int]

_MOST = 2**31 - 1


def sweep(
    pictures: Pictures, masks: tuple[Tensor | None, Tensor | None], at: Tensor | None, field: Field, ways: Ways,
    seed: int, steps: float, *, codes: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the field after one sweep from the old one; see the twin in `kernels.numpy_kernels`.

    Jumps and radii are whole numbers in lists or arrays; all else is on the device. With `codes`, those of the query's
    sums (`pictures.sum_code`), they are not made again.
    """
    index, distance = field
    count, candidates = index.shape[0] * index.shape[1], 4 * len(ways[0]) + len(ways[1]) + ways[2]
    new_index = torch.clone(index).reshape(-1, 2)
    new_distance = _nothing(count, index.device) if distance is None else torch.clone(distance).reshape(-1)
    every = torch.arange(count, device=index.device) if at is None else at.to(torch.int64)
    pair, asked = _Pair(pictures, masks), _Asked(pictures, index, ways, seed, codes)
    for part in blocks(len(every), 200 * (candidates + 1), index.device):
        own = every[part]
        place = asked.own(own)
        total = pair.distance(own, place)
        found = place, total, pair.score(place, total)
        if len(ways[0]):
            found = pair.best(own, found, asked.neighbours(own, place))
        if candidates > 4 * len(ways[0]):
            found = pair.best(own, found, asked.trials(own))
        new_index[own] = places(found[0], asked.key_cols)
        new_distance[own] = mean_of(found[1], steps)
    return new_index.reshape(index.shape), new_distance.reshape(index.shape[:2])


def _nothing(count: int, device: torch.device) -> Tensor:
    return torch.zeros(count, dtype=torch.float32, device=device)


Found: TypeAlias = tuple[Tensor, Tensor, Tensor]          # place, distance, score: one of each per query


class _Asked:
    """Which keys a sweep asks. Keys and queries are told by their positions in row-major order, int64."""

    def __init__(self, pictures: Pictures, index: Tensor, ways: Ways, seed: int, codes: Tensor | None) -> None:
        _, key, patch, query_sums, _, _, self.starts, self.order = pictures
        self.rows, self.cols = index.shape[:2]
        self.key_rows, self.key_cols = key.shape[0] - patch + 1, key.shape[1] - patch + 1
        self.looks, self.seed, self.index = ways[2], seed, index.reshape(-1, 2).to(torch.int64)
        if self.looks:
            self.codes = (sum_code(query_sums) if codes is None else codes).reshape(-1)
        steps = [way for jump in map(int, ways[0]) for way in ((-jump, 0), (jump, 0), (0, -jump), (0, jump))]
        self.steps, self.radii = (
            torch.tensor(table, dtype=torch.int64, device=index.device)
            for table in (steps, [int(radius) for radius in ways[1]])
        )

    def own(self, at: Tensor) -> Tensor:
        """Return the queries' old keys: (n,)."""
        own = self.index[at]
        return own[:, 0] * self.key_cols + own[:, 1]

    def neighbours(self, at: Tensor, own: Tensor) -> Tensor:
        """Return the neighbours' keys, moved back by as much as these are away, or the own one: (n, m)."""
        down, across = self.steps[:, 0], self.steps[:, 1]
        above = quotient(at, self.cols)
        row, col = above[:, None] + down, (at - above * self.cols)[:, None] + across
        inside = _within(row, self.rows) & _within(col, self.cols)
        other = torch.where(inside, row * self.cols + col, at[:, None])
        key_row, key_col = self.index[:, 0][other] - down, self.index[:, 1][other] - across
        inside &= _within(key_row, self.key_rows) & _within(key_col, self.key_cols)
        return torch.where(inside, key_row * self.key_cols + key_col, own[:, None])

    def trials(self, at: Tensor) -> Tensor:
        """Return random keys, each within its own radius of the old one, then keys with like sums: (n, m)."""
        count, near = len(self.radii) + self.looks, len(self.radii)
        bits = hash_counter(self.seed, at[:, None] * count + torch.arange(count, device=at.device))
        high, low = shifted(bits, 32), bits & 0xFFFFFFFF
        asked = []
        if near:
            middle = self.index[at]
            row = _around(high[:, :near], middle[:, :1], self.radii, self.key_rows)
            asked.append(row * self.key_cols + _around(low[:, :near], middle[:, 1:], self.radii, self.key_cols))
        if self.looks:
            code = self.codes[at].to(torch.int64)
            first = self.starts[code].to(torch.int64).clamp_(max=len(self.order) - 1)[:, None]
            last = torch.maximum(self.starts[code + 1].to(torch.int64)[:, None] - 1, first)
            asked.append(self.order[draw(high[:, near:], first, last)].to(torch.int64))
        return torch.cat(asked, dim=1)


def _within(places: Tensor, count: int) -> Tensor:
    return (places >= 0) & (places < count)


def _around(bits: Tensor, middle: Tensor, radius: Tensor, count: int) -> Tensor:
    return draw(bits, (middle - radius).clamp_(min=0), (middle + radius).clamp_(max=count - 1))


class _Pair:
    """The pictures and the masks of a sweep, which judge the keys."""

    def __init__(self, pictures: Pictures, masks: tuple[Tensor | None, Tensor | None]) -> None:
        query, key, self.patch, query_sums, key_sums, self.shift, _, _ = pictures
        self.query, self.key = lines(query, self.patch), lines(key, self.patch)
        self.width, self.key_width = query.shape[1], key.shape[1]
        self.cols, self.key_cols = self.width - self.patch + 1, self.key_width - self.patch + 1
        self.query_sums, self.key_sums = query_sums.reshape(-1, 4), key_sums.reshape(-1, 4)
        self.weight, self.valid = (None if mask is None else mask.reshape(-1) for mask in masks)
        self.values = self.patch * self.patch * query.shape[2]
        self.most = ((self.patch + 1) // 2) ** 2 * query.shape[2]        # values of the largest quarter

    def best(self, at: Tensor, found: Found, places: Tensor) -> Found:
        """Return the best of what was found and of these keys (n, m), the first of equals."""
        hopeful = self.can_win(at, found, places) & (places != found[0][:, None])
        if self.valid is not None:
            hopeful &= self.valid[places]
        which = hopeful.reshape(-1).nonzero()[:, 0]
        whose, offered = quotient(which, places.shape[1]), places.reshape(-1)[which]
        totals = torch.full_like(places, _MOST, dtype=torch.int32).reshape(-1)
        scores = totals if self.weight is None else torch.full_like(totals, torch.inf, dtype=torch.float32)
        totals[which] = self.distance(at[whose], offered)
        scores[which] = self.score(offered, totals[which])
        least, first = first_least(scores.reshape(places.shape), 1)
        place, total = (all_.reshape(places.shape).gather(1, first[:, None])[:, 0] for all_ in (places, totals))
        better = least < found[2]
        return (
            torch.where(better, place, found[0]), torch.where(better, total, found[1]),
            torch.where(better, least, found[2]),
        )

    def distance(self, at: Tensor, place: Tensor) -> Tensor:
        """Return sums of squared differences of queries and keys: int32 (n,)."""
        total = torch.empty(len(at), dtype=torch.int32, device=at.device)
        for part in blocks(len(at), 16 * self.values, at.device):
            ours = patches_at(self.query, first_pixels(at[part], self.cols, self.width), self.width, self.patch)
            first = first_pixels(place[part], self.key_cols, self.key_width)
            ours -= patches_at(self.key, first, self.key_width, self.patch)          # fits into int16
            wide = ours.to(torch.int32)
            total[part] = wide.mul_(wide).sum(dim=1, dtype=torch.int32)
        return total

    def score(self, place: Tensor, total: Tensor) -> Tensor:
        """Return what is compared: sums, or their products with the keys' weights."""
        return total if self.weight is None else total.to(torch.float32) * self.weight[place]

    def can_win(self, at: Tensor, found: Found, places: Tensor) -> Tensor:
        """Return whether the sums of quarters leave keys a chance, as native/patch_sums.hpp has it: (n, m).

        What they reject would have lost, so that this saves full distances and changes nothing.
        """
        apart = (self.query_sums[at].to(torch.int32)[:, None] - self.key_sums[places]).abs_().sub_(1).clamp_(min=0)
        square = apart.mul_(apart)
        pairs = square[..., :2] + square[..., 2:]         # below 2**31, and their sums are not
        least = (pairs[..., 0].to(torch.int64) + pairs[..., 1]) << 2 * self.shift
        if self.weight is None:
            return least < (found[1].to(torch.int64) * self.most)[:, None]
        return quotient(least, self.most).to(torch.float32) * self.weight[places] < found[2][:, None]
