"""Nearest patches on a device: what `patchloom.search` does with a quantised pair, on tensors."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch

from ..cancelling import check
from ..params import GPNNParams
from ..search.completeness import Ways
from ..search.completeness import normalise as normalise_by
from ..search.matching import choose
from ..search.patchmatch import JUMPS, REPAIR, Effort, mix, trial_radii
from ..search.quantise import Quantised, bounds, scale_for, sums_shift
from ..types import NNF, Fields, Masks, Size
from . import kernels
from .arithmetic import Tensor, hash_counter, mean_of, shifted, trusted, weigh
from .patches import places
from .pictures import sum_code


@dataclass(frozen=True, eq=False)
class Whole:
    """A picture in whole numbers, as `patchloom.search.quantise.Whole`; its sums are made where a search needs them.

    Attributes
    ----------
    pixels : int16 tensor (H, W, C)
        ``rint((picture - low) * scale)``.
    patch_size : int
        Side of a patch in pixels.
    """

    pixels: Tensor
    patch_size: int

    @cached_property
    def sums(self) -> Tensor:
        """Over each patch's quarters, shortened: int16 (H', W', 4)."""
        return kernels.sums(self.pixels, self.patch_size, sums_shift(self.patch_size, self.pixels.shape[2]))

    @cached_property
    def codes(self) -> Tensor:
        """Of each patch's sums: int32 (H', W')."""
        return sum_code(self.sums)

    @cached_property
    def rank(self) -> tuple[Tensor, Tensor]:
        """The patches in the order of their sums."""
        starts, order = kernels.rank(self.sums)
        return starts, order


class Pair(Quantised):
    """Two pictures on one integer scale, on a device."""

    def kept(self) -> Pair:
        """Return what the next pair needs of this one, without the rest of its memory."""
        return replace(self, query=_whole(self.query.pixels, self.patch_size), changed=None)

    def field(self, index: Tensor, total: Tensor) -> NNF:
        """Return indices and integer sums as an `NNF`."""
        return NNF(index, mean_of(total, self.steps), self.patch_size)


def _whole(pixels: Tensor, patch_size: int) -> Any:
    return Whole(pixels, patch_size)


def quantise(query: Tensor, key: Tensor, *, patch_size: int, before: Pair | None) -> Pair:
    """As `patchloom.search.quantise.quantise`."""
    same = before is not None and before.exact_key() is key
    of_key = before.key_range if before and same else kernels.bounds(key)
    low, high = bounds(kernels.bounds(query), of_key)
    scale = scale_for(high - low, patch_size * patch_size * query.shape[2])
    whole = _whole(kernels.quantise(query, low, scale), patch_size)
    if before is None or not same or (before.patch_size, before.low, before.scale) != (patch_size, low, scale):
        whole_key = _whole(kernels.quantise(key, low, scale), patch_size)
        return Pair(whole, whole_key, patch_size, low, scale, weakref.ref(key), of_key)
    changed = None
    if query.shape == before.query.pixels.shape:
        changed = kernels.window(kernels.differ(whole.pixels, before.query.pixels), patch_size, full=False)
    return Pair(whole, before.key, patch_size, low, scale, before.exact_key, of_key, changed)


def normalise(
    pair: Pair, fields: Fields | None, masks: Masks, params: GPNNParams, seed: int
) -> tuple[Tensor, NNF, Tensor | None, NNF | None]:
    """As `patchloom.search.completeness.normalise`, and where the search is exhaustive the forward field too.

    One pass over all pairs of patches serves both directions.
    """
    if choose(params.method, *pair.grids) != "exact":
        return (*normalise_by(pair, fields, params=params, ways=WAYS, method=params.method, seed=seed), None)
    pixels = pair.query.pixels, pair.key.pixels, pair.patch_size
    forward, back, weight = kernels.exact_both(*pixels, pair.steps, params.alpha, masks.valid)
    found = pair.field(*forward)
    if masks.active is not None and fields is not None:
        found = NNF(
            torch.where(masks.active[..., None], found.index, fields.forward.index),
            torch.where(masks.active, found.distance, fields.forward.distance), pair.patch_size,
        )
    return weight, pair.field(*back), None, found


def match(
    pair: Pair, *, weight: Tensor | None = None, valid: Tensor | None = None, active: Tensor | None = None,
    init: NNF | None = None, method: str, effort: Effort, seed: int,
) -> NNF:
    """As `patchloom.search.matching.match`."""
    check()
    at = None if active is None else active.reshape(-1).nonzero()[:, 0]
    if at is not None and init is not None and not len(at):
        return init
    if choose(method, *pair.grids) == "exact":
        return _exact(pair, (weight, valid), at, init)
    return _patchmatch(pair, (weight, valid), at, _start(pair, valid, active, init, seed), effort, seed)


def _exact(pair: Pair, masks: tuple[Tensor | None, Tensor | None], at: Tensor | None, init: Any) -> NNF:
    """As `patchloom.search.exact.search`, of the query patches `at`."""
    pictures = pair.query.pixels, pair.key.pixels, pair.patch_size
    if at is None or init is None:
        return pair.field(*kernels.exact(*pictures, *masks))
    found = pair.field(*kernels.exact(*pictures, *masks, at))
    index, distance = init.index.clone(), init.distance.clone()
    index.view(-1, 2)[at], distance.view(-1)[at] = found.index, found.distance
    return NNF(index, distance, pair.patch_size)


def _patchmatch(
    pair: Pair, masks: tuple[Tensor | None, Tensor | None], at: Tensor | None,
    start: tuple[Any, Any], effort: Effort, seed: int,
) -> NNF:
    """As `patchloom.search.patchmatch.search`, from a start without forbidden keys."""
    shift = sums_shift(pair.patch_size, pair.query.pixels.shape[2])
    query: Any = pair.query
    rank, codes = (pair.key.rank, query.codes) if effort.looks else ((None, None), None)
    pictures: Any = (pair.query.pixels, pair.key.pixels, pair.patch_size, pair.query.sums, pair.key.sums, shift, *rank)
    radii, field = trial_radii(pair.grids[1], effort.trials), start      # index and distance
    for number in range(effort.sweeps):
        field = kernels.sweep(
            pictures, masks, at, field, (JUMPS, radii, effort.looks), mix(seed, number + 1), pair.steps, codes=codes
        )
    for number in range(effort.sweeps, effort.sweeps + (effort.repairs if at is None else 0)):
        worse = worse_than_mean(field[1], pair.steps).reshape(-1).nonzero()[:, 0]
        if len(worse):
            ways = JUMPS, radii, REPAIR * effort.looks
            field = kernels.sweep(pictures, masks, worse, field, ways, mix(seed, number + 1), pair.steps, codes=codes)
    return NNF(*field, pair.patch_size)


def _start(
    pair: Pair, valid: Tensor | None, active: Tensor | None, init: NNF | None, seed: int
) -> tuple[Tensor, Tensor | None]:
    """Where the search starts: at `init`, or at random where there is none or it points at forbidden keys."""
    queries, keys = pair.grids
    if init is None:
        return random_index(queries, keys, valid, seed, pair.query.pixels.device), None
    index = init.index
    if valid is not None:
        allowed = valid[index[..., 0], index[..., 1]]
        if active is not None:
            allowed |= ~active
        if not allowed.all():
            index = torch.where(allowed[..., None], index, random_index(queries, keys, valid, seed, index.device))
    return index, init.distance


def random_index(queries: Size, keys: Size, valid: Tensor | None, seed: int, device: torch.device) -> Tensor:
    """As `patchloom.search.patchmatch.random_index`."""
    bits = shifted(hash_counter(mix(seed, 0), torch.arange(queries[0] * queries[1], device=device)), 32)
    if valid is None:
        chosen = (bits * (keys[0] * keys[1])) >> 32
    else:
        allowed = valid.reshape(-1).nonzero()[:, 0]
        chosen = allowed[(bits * len(allowed)) >> 32]
    return places(chosen, keys[1]).reshape(*queries, 2)


def worse_than_mean(distance: Tensor, steps: float) -> Tensor:
    """As `patchloom.search.patchmatch.worse_than_mean`."""
    there = distance.to(trusted(distance.device))
    total = torch.round(there.to(torch.float64) * steps).to(torch.int64)
    return (total > total.sum() // total.numel()).to(distance.device)         # whole numbers: no device rounds them


def _weigh(reverse: NNF, alpha: float) -> Tensor:
    return weigh(reverse.distance, alpha)


WAYS = Ways(match, _weigh, worse_than_mean)
