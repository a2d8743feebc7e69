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
    """Sums over the quarters of each patch, divided by 2**shift and rounded down."""
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


def sweep(
    query: Array,
    key: Array,
    patch: int,
    sums: tuple[Array, Array, int, Array, Array],
    looks: int,
    weight: Array | None,
    valid: Array | None,
    at: Array | None,
    index: Array,
    distance: Array | None,
    jumps: Array,
    radii: Array,
    seed: int,
    steps: float,
    *,
    threads: int = 1,
) -> tuple[Array, Array]:
    """One PatchMatch sweep from the old field: neighbours at each jump, random trials, keys with like sums.

    Only for the query patches `at`, if told; the others keep their index and their distance, which is a sum of squared
    differences divided by `steps`.
    `sums` (of the query, of the key, their shift, and the key's `rank`) also saves the compiled kernel full distances
    of keys that cannot win; here all are compared.
    """
    rows, cols = index.shape[:2]
    limit = np.array([key.shape[0] - patch + 1, key.shape[1] - patch + 1])
    at = np.arange(rows * cols) if at is None else at.astype(np.int64)
    here = np.stack([at // cols, at % cols], axis=1)                  # (n, 2)
    queries = _patches(query, patch)[here[:, 0], here[:, 1]].astype(np.int64)
    keys = _patches(key, patch)

    def distance_to(place: Array) -> Array:
        delta = queries - keys[place[:, 0], place[:, 1]]
        return (delta * delta).sum(axis=(1, 2, 3))

    def score_of(place: Array, total: Array) -> Array:
        if weight is None:
            return total
        return total.astype(np.float32) * weight[place[:, 0], place[:, 1]]

    best = index[here[:, 0], here[:, 1]].astype(np.int64)
    best_distance = distance_to(best)

    def offer(place: Array, allowed: Array) -> None:
        nonlocal best, best_distance
        place = np.where(allowed[:, None], place, best)
        if valid is not None:
            allowed = allowed & valid[place[:, 0], place[:, 1]]
        total = distance_to(place)
        better = allowed & (score_of(place, total) < score_of(best, best_distance))
        best = np.where(better[:, None], place, best)
        best_distance = np.where(better, total, best_distance)

    for jump in jumps:
        for step in ((-jump, 0), (jump, 0), (0, -jump), (0, jump)):
            other = here + step
            inside = np.all((other >= 0) & (other < (rows, cols)), axis=1)
            other = np.where(inside[:, None], other, 0)
            place = index[other[:, 0], other[:, 1]].astype(np.int64) - step
            offer(place, inside & ((place >= 0) & (place < limit)).all(axis=1))
    middle, count = best, len(radii) + looks
    everywhere = np.ones(len(at), bool)

    def bits_of(trial: int) -> Array:
        return hash_counter(seed, at.astype(np.uint64) * np.uint64(count) + np.uint64(trial))

    for trial, radius in enumerate(radii):
        bits = bits_of(trial)
        halves = np.stack([bits >> np.uint64(32), bits & np.uint64(0xFFFFFFFF)], axis=1)
        low, high = np.maximum(middle - radius, 0), np.minimum(middle + radius, limit - 1)
        place = low + ((halves * (high - low + 1).astype(np.uint64)) >> np.uint64(32)).astype(np.int64)
        offer(place, everywhere)
    if looks:
        starts, order = sums[3:]
        code = sum_code(sums[0].reshape(-1, 4)[at])
        first = np.minimum(starts[code].astype(np.int64), limit[0] * limit[1] - 1)
        last = np.maximum(starts[code + 1].astype(np.int64) - 1, first)
        for trial in range(len(radii), count):
            chosen = ((bits_of(trial) >> np.uint64(32)) * (last - first + 1).astype(np.uint64)) >> np.uint64(32)
            place = order[first + chosen.astype(np.int64)].astype(np.int64)
            offer(np.stack([place // limit[1], place % limit[1]], axis=1), everywhere)
    new_index = index.copy()
    new_distance = np.zeros((rows, cols), np.float32) if distance is None else distance.copy()
    new_index[here[:, 0], here[:, 1]] = best
    new_distance[here[:, 0], here[:, 1]] = best_distance / steps
    return new_index, new_distance
