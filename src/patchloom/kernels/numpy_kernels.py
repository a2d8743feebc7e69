"""The twins of the compiled kernels: short, obviously right, equal to the byte.

What decides a byte is integer arithmetic, or float additions, multiplications and
divisions in a fixed order, so that neither the processor nor NumPy's own choice of
instructions shows. `threads` is accepted and makes no difference.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Pictures = tuple[Array, Array, int, Array, Array, int, Array, Array]

NAME = "numpy"

SUM_CODES = 1 << 16


def isa() -> str:
    """There is no instruction set to choose."""
    return "none"


def hash_counter(seed: int, counter: Array) -> Array:
    """SplitMix64's finaliser of `seed` and a uint64 counter, as native/hash.hpp has it."""
    z = np.uint64(seed) + (counter.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def noise(shape: tuple[int, ...], seed: int, *, threads: int = 1) -> Array:
    """Gaussian noise: the sum of sixteen 16-bit uniforms, centred, at unit variance."""
    count = int(np.prod(shape))
    words = hash_counter(seed, np.arange(4 * count, dtype=np.uint64))
    total = words.view(np.uint16).astype(np.int64).reshape(count, 16).sum(axis=1)
    return ((total - 524280) / 75674.45447441297).astype(np.float32).reshape(shape)


def resize(
    image: Array, row_index: Array, row_weight: Array, col_index: Array, col_weight: Array, *, threads: int = 1
) -> Array:
    """Weighted taps along rows, then columns, added tap by tap."""
    for index, weight in ((row_index, row_weight), (col_index, col_weight)):
        out = weight[:, 0, None, None] * image[index[:, 0]]
        for tap in range(1, index.shape[1]):
            out = out + weight[:, tap, None, None] * image[index[:, tap]]
        image = out.transpose(1, 0, 2)
    return np.ascontiguousarray(image)


def vote(
    value: Array, index: Array, fold: Array, *, touched: Array | None = None, image: Array | None = None,
    threads: int = 1,
) -> Array:
    """Weighted mean of the patches that cover each pixel, added in the fold's order; else `image` where not touched."""
    patch = len(fold)
    rows, cols = index.shape[:2]
    total = np.zeros((rows + patch - 1, cols + patch - 1, value.shape[2]), np.float32)
    weight = np.zeros((*total.shape[:2], 1), np.float32)
    for dy in range(patch):
        for dx in range(patch):
            part = value[index[..., 0] + dy, index[..., 1] + dx]
            total[dy : dy + rows, dx : dx + cols] += fold[dy, dx] * part
            weight[dy : dy + rows, dx : dx + cols] += fold[dy, dx]
    total /= weight
    return total if touched is None or image is None else np.where(touched[..., None], total, image)


def quantise(image: Array, low: float, scale: float, *, threads: int = 1) -> Array:
    """Whole numbers of steps above `low`, halves to even."""
    return np.rint((image - np.float32(low)) * np.float32(scale)).astype(np.int16)


def bounds(image: Array, *, threads: int = 1) -> tuple[float, float]:
    """Smallest and largest value."""
    return float(image.min()), float(image.max())


def sums(image: Array, patch: int, shift: int, *, threads: int = 1) -> Array:
    """Sum up the quarters of each patch, divided by 2**shift and rounded down."""
    grey = _patches(image.astype(np.int64).sum(axis=2, keepdims=True), patch)[..., 0]
    halves = slice((patch + 1) // 2), slice((patch + 1) // 2, None)
    quarters = [grey[:, :, rows, cols].sum(axis=(2, 3)) for rows in halves for cols in halves]
    return (np.stack(quarters, axis=2) >> shift).astype(np.int16)


def sum_code(sums: Array) -> Array:
    """Four bits of each of four sums, 0 to 32767, interleaved."""
    code = np.zeros(sums.shape[:-1], np.int64)
    for bit in (14, 13, 12, 11):
        for part in range(4):
            code = 2 * code + ((sums[..., part].astype(np.int64) >> bit) & 1)
    return code


def rank(sums: Array) -> tuple[Array, Array]:
    """Where each code's patches begin, and the patches in the order of their codes."""
    codes = sum_code(sums).reshape(-1)
    order = np.argsort(codes, kind="stable")
    return np.searchsorted(codes[order], np.arange(SUM_CODES + 1)).astype(np.int32), order.astype(np.int32)


def differ(a: Array, b: Array, *, threads: int = 1) -> Array:
    """Pixels in which two pictures differ."""
    return (a != b).any(axis=2)


def window(mask: Array, patch: int, *, full: bool, threads: int = 1) -> Array:
    """Whether each patch holds anything of a mask of pixels; `full`: each pixel is in anything of a mask of patches."""
    if full:
        mask = np.pad(mask, patch - 1)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(mask, (patch, patch)).any(axis=(2, 3)))


def inherit(
    index: Array, distance: Array, parents: tuple[Array, Array], rests: tuple[Array, Array],
    tables: tuple[Array, Array], last: tuple[int, int], *, threads: int = 1,
) -> tuple[Array, Array]:
    """Each patch takes its parent's place, through a table per axis, plus what it lies beside it."""
    rows, cols = parents[0][:, None], parents[1][None, :]
    place = index[rows, cols]
    moved = tables[0][place[..., 0]] + rests[0][:, None], tables[1][place[..., 1]] + rests[1][None, :]
    whole = [np.clip(np.floor(axis + 0.5), 0, most) for axis, most in zip(moved, last, strict=True)]
    return np.stack(whole, axis=2).astype(np.int32), distance[rows, cols]


def _patches(image: Array, patch: int) -> Array:
    view = np.lib.stride_tricks.sliding_window_view(image, (patch, patch), axis=(0, 1))
    return view.transpose(0, 1, 3, 4, 2)                  # (H', W', p, p, C)


def exact(
    query: Array, key: Array, patch: int, weight: Array | None, valid: Array | None, *, threads: int = 1
) -> tuple[Array, Array]:
    """Exhaustive search, the first of equals; weighted scores are float32.

    The matrix products hold integers below 2**53, so float64 has them exactly
    whatever the order of the additions.
    """
    q, k = (_patches(image, patch).astype(np.float64) for image in (query, key))
    shape, key_cols = q.shape[:2], k.shape[1]
    q, k = q.reshape(shape[0] * shape[1], -1), k.reshape(k.shape[0] * k.shape[1], -1)
    q_square, k_square = (q * q).sum(axis=1), (k * k).sum(axis=1)
    found, least = np.empty(len(q), np.int64), np.empty(len(q), np.int64)
    step = max(1, (1 << 24) // len(k))
    for start in range(0, len(q), step):
        part = slice(start, start + step)
        table = q_square[part, None] + k_square - 2 * (q[part] @ k.T)
        score = table if weight is None else table.astype(np.float32) * weight.reshape(-1)
        if valid is not None:
            score = np.where(valid.reshape(-1), score, np.inf)
        found[part] = score.argmin(axis=1)
        least[part] = table[np.arange(len(table)), found[part]]
    index = np.stack([found // key_cols, found % key_cols], axis=1).astype(np.int32)
    return index.reshape(*shape, 2), least.astype(np.int32).reshape(shape)


class _Best:
    """The best key of each query patch so far."""

    def __init__(self, queries: Array, keys: Array, weight: Array | None, valid: Array | None, place: Array) -> None:
        self.queries, self.keys, self.weight, self.valid = queries.astype(np.int64), keys, weight, valid
        self.place = place.astype(np.int64)                           # (n, 2)
        self.total = self.distance_to(self.place)

    def distance_to(self, place: Array) -> Array:
        """Return sums of squared differences."""
        delta = self.queries - self.keys[place[:, 0], place[:, 1]]
        return (delta * delta).sum(axis=(1, 2, 3))

    def score(self, place: Array, total: Array) -> Array:
        """Return what is compared: sums, or their products with the keys' weights."""
        return total if self.weight is None else total.astype(np.float32) * self.weight[place[:, 0], place[:, 1]]

    def offer(self, place: Array, allowed: Array | None = None) -> None:
        """Take what is strictly better."""
        allowed = np.ones(len(place), bool) if allowed is None else allowed
        place = np.where(allowed[:, None], place, self.place)
        if self.valid is not None:
            allowed = allowed & self.valid[place[:, 0], place[:, 1]]
        total = self.distance_to(place)
        better = allowed & (self.score(place, total) < self.score(self.place, self.total))
        self.place = np.where(better[:, None], place, self.place)
        self.total = np.where(better, total, self.total)


def sweep(
    pictures: Pictures,
    masks: tuple[Array | None, Array | None],
    at: Array | None,
    field: tuple[Array, Array | None],
    ways: tuple[Array, Array, int],
    seed: int,
    steps: float,
    *,
    threads: int = 1,
) -> tuple[Array, Array]:
    """One PatchMatch sweep from the old field: neighbours at each jump, random trials, keys with like sums.

    `pictures` are the query, the key and the patch size, then both pictures' `sums`, their shift and the key's `rank`,
    all of which also save the compiled kernel full distances of keys that cannot win; here all are compared. `masks`
    are `weight` and `valid`. Only for the query patches `at`, if told; the others keep their entries in `field`, index
    and distance, which is a sum of squared differences divided by `steps`. `ways` are the jumps, the radii of the
    random trials, and how many keys with like sums to look at.
    """
    query, key, patch, query_sums, _, _, starts, order = pictures
    (index, distance), (jumps, radii, looks) = field, ways
    rows, cols = index.shape[:2]
    limit = np.array([key.shape[0] - patch + 1, key.shape[1] - patch + 1])
    at = np.arange(rows * cols) if at is None else at.astype(np.int64)
    here = np.stack([at // cols, at % cols], axis=1)                  # (n, 2)
    own = here[:, 0], here[:, 1]
    best = _Best(_patches(query, patch)[own], _patches(key, patch), *masks, index[own])
    middle, count = best.place, len(radii) + looks
    for jump in jumps:
        for step in ((-jump, 0), (jump, 0), (0, -jump), (0, jump)):
            other = here + step
            inside = np.all((other >= 0) & (other < (rows, cols)), axis=1)
            other = np.where(inside[:, None], other, 0)
            place = index[other[:, 0], other[:, 1]].astype(np.int64) - step
            best.offer(place, inside & ((place >= 0) & (place < limit)).all(axis=1))
    if looks:
        code = sum_code(query_sums.reshape(-1, 4)[at])
        first = np.minimum(starts[code].astype(np.int64), limit[0] * limit[1] - 1)
        last = np.maximum(starts[code + 1].astype(np.int64) - 1, first)
    for trial in range(count):
        bits = hash_counter(seed, at.astype(np.uint64) * np.uint64(count) + np.uint64(trial))
        halves = np.stack([bits >> np.uint64(32), bits & np.uint64(0xFFFFFFFF)], axis=1)
        if trial < len(radii):
            low, high = np.maximum(middle - radii[trial], 0), np.minimum(middle + radii[trial], limit - 1)
            best.offer(_draw(halves, low, high))
        else:
            place = order[_draw(halves[:, 0], first, last)].astype(np.int64)
            best.offer(np.stack([place // limit[1], place % limit[1]], axis=1))
    new_index = index.copy()
    new_distance = np.zeros((rows, cols), np.float32) if distance is None else distance.copy()
    new_index[own], new_distance[own] = best.place, best.total / steps
    return new_index, new_distance


def _draw(bits: Array, low: Array, high: Array) -> Array:
    """Whole numbers of [low, high] from 32 random bits each."""
    chosen: Array = low + ((bits * (high - low + 1).astype(np.uint64)) >> np.uint64(32)).astype(np.int64)
    return chosen


def probe(pictures: Pictures, valid: Array | None, at: Array, bound: Array, *, threads: int = 1) -> Array:
    """Smallest distance of the query patches `at` to any valid key, or `bound` (int32, one each) where none is below.

    The sums in `pictures`, as for `sweep`, only save the compiled kernel full distances. Products are those of `exact`.
    """
    query, key, patch, *_ = pictures
    cols, values = query.shape[1] - patch + 1, patch * patch * query.shape[2]
    q = _patches(query, patch)[at // cols, at % cols].reshape(len(at), values).astype(np.float64)
    k = _patches(key, patch)
    allowed = np.arange(k.shape[0] * k.shape[1]) if valid is None else np.flatnonzero(valid)
    least = bound.astype(np.float64)
    step = max(1, (1 << 22) // max(len(q), values))
    for start in range(0, len(allowed), step):
        places = allowed[start : start + step]
        part = k[places // k.shape[1], places % k.shape[1]].reshape(-1, values).astype(np.float64)
        table = (q * q).sum(axis=1)[:, None] + (part * part).sum(axis=1) - 2 * (q @ part.T)
        least = np.minimum(least, table.min(axis=1))
    return least.astype(np.int32)
