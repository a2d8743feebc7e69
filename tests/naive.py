"""Plain loops: what GPNN does, written so that nobody can doubt it.

Independent of the package except for the noise's definition, the pyramid (tested by
itself) and the quantisation, which the search is specified to use.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def quantise(query: Array, key: Array, patch: int) -> tuple[Array, Array, float]:
    """Both pictures as integers, at the largest power of two whose patch sums fit into int32."""
    low, high = float(min(query.min(), key.min())), float(max(query.max(), key.max()))
    step = 2.0 ** (math.floor(math.log2(high - low)) - 2)  # the range widens to a grid, see search/quantise.py
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    span = high - low
    elements = patch * patch * query.shape[2]
    scale = 1.0
    fits = lambda s: span * s + 1 <= min(32767, math.isqrt((2**31 - 1) // elements))  # noqa: E731
    while not fits(scale):
        scale /= 2
    while fits(scale * 2):
        scale *= 2
    return *(np.rint((image - np.float32(low)) * np.float32(scale)).astype(int) for image in (query, key)), scale


def nearest(query: Array, key: Array, patch: int, weight: Array | None = None) -> tuple[Array, Array]:
    """Field and integer distances: one patch after the other, the first of equals."""
    q, k, _ = quantise(query, key, patch)
    rows, cols = q.shape[0] - patch + 1, q.shape[1] - patch + 1
    key_rows, key_cols = k.shape[0] - patch + 1, k.shape[1] - patch + 1
    keys = np.array([k[r : r + patch, c : c + patch].ravel() for r in range(key_rows) for c in range(key_cols)])
    index, distance = np.zeros((rows, cols, 2), int), np.zeros((rows, cols), int)
    for y in range(rows):
        for x in range(cols):
            delta = keys - q[y : y + patch, x : x + patch].ravel()
            total = (delta * delta).sum(axis=1)
            score = total if weight is None else total.astype(np.float32) * weight.ravel()
            best = int(score.argmin())
            index[y, x], distance[y, x] = divmod(best, key_cols), total[best]
    return index, distance


def gaussian(patch: int, sigma: float) -> Array:
    """The fold's weights on a grid from -1 to 1."""
    line = np.exp(-(np.linspace(-1, 1, patch) ** 2) / (2 * sigma**2))
    return np.outer(line, line)


def vote(value: Array, index: Array, fold: Array) -> Array:
    """Mean of the covering patches, one pixel after the other, in float32 like the engine."""
    patch, (rows, cols) = len(fold), index.shape[:2]
    out = np.zeros((rows + patch - 1, cols + patch - 1, value.shape[2]), np.float32)
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            total, weight = np.zeros(value.shape[2], np.float32), np.float32(0)
            for dy in range(patch):
                for dx in range(patch):
                    if 0 <= y - dy < rows and 0 <= x - dx < cols:
                        r, c = index[y - dy, x - dx]
                        total = total + fold[dy, dx] * value[r + dy, c + dx]
                        weight = weight + fold[dy, dx]
            out[y, x] = total / weight
    return out


def gpnn(source: list[Array], guess: Array, sizes: list[tuple[int, int]], params: Any, resize: Any, fold: Array) -> Any:
    """The paper's loop, from a guess at the coarsest level; fields of every level, coarsest first."""
    image, fields = guess, []
    for level in range(len(sizes) - 1, -1, -1):
        value = source[level]
        key = value
        if level + 1 < len(source):
            key = resize(source[level + 1], value.shape[:2], scale=1 / params.ratio)
        if level + 1 < len(sizes):
            image = resize(image, sizes[level], scale=1 / params.ratio)
        coarsest = level + 1 == len(sizes)
        for _ in range(params.coarsest_iterations if coarsest else params.iterations):
            index, _distance = nearest(image, key, params.patch_size)
            image = vote(value, index, fold)
        fields.append(index)
    return image, fields
