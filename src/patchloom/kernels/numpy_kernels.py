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


def vote(value: Array, index: Array, fold: Array, *, threads: int = 1) -> Array:
    """Weighted mean of the patches that cover each pixel, added in the fold's order."""
    patch = len(fold)
    rows, cols = index.shape[:2]
    total = np.zeros((rows + patch - 1, cols + patch - 1, value.shape[2]), np.float32)
    weight = np.zeros((*total.shape[:2], 1), np.float32)
    for dy in range(patch):
        for dx in range(patch):
            part = value[index[..., 0] + dy, index[..., 1] + dx]
            total[dy : dy + rows, dx : dx + cols] += fold[dy, dx] * part
            weight[dy : dy + rows, dx : dx + cols] += fold[dy, dx]
    return total / weight


def _patches(image: Array, patch: int) -> Array:
    view = np.lib.stride_tricks.sliding_window_view(image, (patch, patch), axis=(0, 1))
    return view.transpose(0, 1, 3, 4, 2)                  # (H', W', p, p, C)


def distance(query: Array, key: Array, patch: int, index: Array, *, threads: int = 1) -> Array:
    """Sum of squared differences of each query patch to the key patch it points at."""
    found = _patches(key, patch)[index[..., 0], index[..., 1]].astype(np.int64)
    delta = _patches(query, patch).astype(np.int64) - found
    return (delta * delta).sum(axis=(2, 3, 4)).astype(np.int32)


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
    weight: Array | None,
    valid: Array | None,
    active: Array | None,
    index: Array,
    distance: Array,
    jump: int,
    trials: int,
    seed: int,
    *,
    threads: int = 1,
) -> tuple[Array, Array]:
    """One PatchMatch sweep from the old field: neighbours at `jump`, then random trials."""
    rows, cols = index.shape[:2]
    limit = np.array([key.shape[0] - patch + 1, key.shape[1] - patch + 1])
    queries, keys = _patches(query, patch), _patches(key, patch)
    here = np.indices((rows, cols)).transpose(1, 2, 0)                # (H', W', 2)
    best, best_distance = index.astype(np.int64), distance.astype(np.int64)

    def score_of(place: Array, total: Array) -> Array:
        if weight is None:
            return total
        return total.astype(np.float32) * weight[place[..., 0], place[..., 1]]

    def offer(place: Array, allowed: Array) -> None:
        nonlocal best, best_distance
        place = np.where(allowed[..., None], place, best)
        if valid is not None:
            allowed = allowed & valid[place[..., 0], place[..., 1]]
        if active is not None:
            allowed = allowed & active
        delta = queries.astype(np.int64) - keys[place[..., 0], place[..., 1]]
        total = (delta * delta).sum(axis=(2, 3, 4))
        better = allowed & (score_of(place, total) < score_of(best, best_distance))
        best = np.where(better[..., None], place, best)
        best_distance = np.where(better, total, best_distance)

    for step in ((-jump, 0), (jump, 0), (0, -jump), (0, jump)):
        other = here + step
        inside = np.all((other >= 0) & (other < (rows, cols)), axis=2)
        other = np.where(inside[..., None], other, 0)
        place = index[other[..., 0], other[..., 1]].astype(np.int64) - step
        offer(place, inside & ((place >= 0) & (place < limit)).all(axis=2))
    counter = np.arange(rows * cols, dtype=np.uint64).reshape(rows, cols) * np.uint64(trials)
    for trial in range(trials):
        bits = hash_counter(seed, counter + np.uint64(trial))
        radius = max(int(limit.max()) >> trial, 1)
        choices = np.uint64(2 * radius + 1)
        halves = np.stack([bits >> np.uint64(32), bits & np.uint64(0xFFFFFFFF)], axis=2)
        place = best + ((halves * choices) >> np.uint64(32)).astype(np.int64) - radius
        offer(np.clip(place, 0, limit - 1), np.ones((rows, cols), bool))
    return best.astype(np.int32), best_distance.astype(np.int32)
