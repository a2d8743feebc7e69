"""The compiled kernels, called in bands of rows so that Ctrl-C works at any size."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from .. import _native
from ..cancelling import check, copied
from ..errors import ParameterError, explain
from .numpy_kernels import SUM_CODES, Array, Pictures

NAME = "native"

# Elementary operations that take about 30 ms on one slow core; signals and cancels are looked for in between.
_BAND_WORK = 1.0e8
_THREAD_WORK = 1.0e5                                      # about 30 us
# A sweep's bands are so much shorter: where neighbours' keys lie far apart, as in a random field, it takes longer.
_SCATTERED = 4.0

# Query rows that exhaustive search takes at a time, as native/kernels.hpp has it, and its distance for "no key".
_EXACT_ROWS = 32
_NONE = np.iinfo(np.int32).max


def isa() -> str:
    """Instruction set in use: ``baseline``, ``avx2`` or ``avx512``."""
    return str(_native.isa())


def select_isa(name: str) -> None:
    """Use another instruction set from now on; for tests and comparisons."""
    try:
        _native.select_isa(name)
    except ValueError:
        raise ParameterError(
            explain("PATCHLOOM_ISA", repr(name), "must be baseline, avx2 or avx512, and this machine must have it",
                    "unset it")
        ) from None


if os.environ.get("PATCHLOOM_ISA"):
    select_isa(os.environ["PATCHLOOM_ISA"])


def _bands(rows: int, work_per_row: float, threads: int) -> Iterator[tuple[int, int]]:
    band = max(1, int(_BAND_WORK * threads / max(work_per_row, 1.0)))
    for start in range(0, rows, band):
        check()
        yield start, min(start + band, rows)


def _worth(threads: int, work: float) -> int:
    """Return how many of the threads pay: each should have some work, or waiting for it costs more."""
    return max(1, min(threads, int(work / _THREAD_WORK)))


def noise(shape: tuple[int, ...], seed: int, *, threads: int = 1) -> Array:
    """Gaussian noise of unit variance; see the twin in `numpy_kernels`."""
    out = np.empty(shape, np.float32)
    check()
    _native.noise(out.reshape(-1), seed, threads)
    return out


def resize(
    image: Array, row_index: Array, row_weight: Array, col_index: Array, col_weight: Array, *, threads: int = 1
) -> Array:
    """Weighted taps along rows, then columns; see the twin in `numpy_kernels`."""
    out = np.empty((len(row_index), len(col_index), image.shape[2]), np.float32)
    work = 3 * image.shape[2] * (image.shape[1] * row_index.shape[1] + len(col_index) * col_index.shape[1])
    threads = _worth(threads, work * len(out))
    for start, stop in _bands(len(out), work, threads):
        _native.resize(image, row_index, row_weight, col_index, col_weight, out, start, stop, threads)
    return out


def vote(
    value: Array, index: Array, fold: Array, *, touched: Array | None = None, image: Array | None = None,
    threads: int = 1,
) -> Array:
    """Weighted mean of the patches that cover each pixel; see the twin in `numpy_kernels`."""
    patch, channels = len(fold), value.shape[2]
    height, width = index.shape[0] + patch - 1, index.shape[1] + patch - 1
    out = np.empty((height, width, channels), np.float32)
    share = 1.0 if touched is None else np.count_nonzero(touched) / touched.size
    work = width * channels * 8.0 + width * patch * patch * max(channels, 4) * share
    threads = _worth(threads, work * height)
    for start, stop in _bands(height, work, threads):
        if image is not None:
            out[start:stop] = image[start:stop]
        _native.vote(value, index, fold, _bytes(touched), out, start, stop, threads)
    return out


def _bytes(mask: Array | None) -> Array | None:
    return None if mask is None else mask.view(np.uint8)


def quantise(image: Array, low: float, scale: float, *, threads: int = 1) -> Array:
    """Pictures as whole numbers; see the twin in `numpy_kernels`."""
    out = np.empty(image.shape, np.int16)
    threads = _worth(threads, image.size)
    for start, stop in _bands(len(out), 8.0 * image[:1].size, threads):
        _native.quantise(image[start:stop].reshape(-1), low, scale, out[start:stop].reshape(-1), threads)
    return out


def bounds(image: Array, *, threads: int = 1) -> tuple[float, float]:
    """Smallest and largest value; see the twin in `numpy_kernels`."""
    check()
    found: tuple[float, float] = _native.bounds(image.reshape(-1), _worth(threads, image.size))
    return found


def sums(image: Array, patch: int, shift: int, *, threads: int = 1) -> Array:
    """Sum up the quarters of each patch; see the twin in `numpy_kernels`."""
    out = np.empty((image.shape[0] - patch + 1, image.shape[1] - patch + 1, 4), np.int16)
    threads = _worth(threads, 3 * image.size)
    for start, stop in _bands(len(out), 20.0 * image.shape[1] * image.shape[2], threads):
        _native.sums(image[start : stop + patch - 1], patch, shift, out[start:stop], threads)
    return out


def rank(sums: Array) -> tuple[Array, Array]:
    """Patches in the order of their sums' codes; see the twin in `numpy_kernels`."""
    count = sums.shape[0] * sums.shape[1]
    counts, order = np.zeros(SUM_CODES, np.int32), np.empty(count, np.int32)
    for start, stop in _bands(count, 20.0, 1):
        _native.rank(sums, start, stop, counts, None)
    starts = np.concatenate([np.zeros(1, np.int32), np.cumsum(counts, dtype=np.int32)])
    places = starts[:-1].copy()
    for start, stop in _bands(count, 40.0, 1):
        _native.rank(sums, start, stop, places, order)
    return starts, order


def differ(a: Array, b: Array, *, threads: int = 1) -> Array:
    """Pixels in which two pictures differ; see the twin in `numpy_kernels`."""
    out = np.empty(a.shape[:2], np.bool_)
    check()
    _native.differ(a, b, out.view(np.uint8), _worth(threads, a.size))
    return out


def window(mask: Array, patch: int, *, full: bool, threads: int = 1) -> Array:
    """Windows in which a mask holds anything; see the twin in `numpy_kernels`."""
    more = patch - 1 if full else 1 - patch
    out = np.empty((mask.shape[0] + more, mask.shape[1] + more), np.bool_)
    back = patch - 1 if full else 0
    check()
    _native.window(mask.view(np.uint8), patch, back, out.view(np.uint8), _worth(threads, out.size))
    return out


def inherit(
    index: Array, distance: Array, parents: tuple[Array, Array], rests: tuple[Array, Array],
    tables: tuple[Array, Array], last: tuple[int, int], *, threads: int = 1,
) -> tuple[Array, Array]:
    """Hand a field to the next finer level; see the twin in `numpy_kernels`."""
    shape = len(parents[0]), len(parents[1])
    out_index, out_distance = np.empty((*shape, 2), np.int32), np.empty(shape, np.float32)
    threads = _worth(threads, 10 * out_distance.size)
    for start, stop in _bands(len(out_index), 60.0 * out_index.shape[1], threads):
        rows = slice(start, stop)
        _native.inherit(
            index, distance, parents[0][rows], rests[0][rows], parents[1], rests[1], *tables, *last, out_index[rows],
            out_distance[rows], threads,
        )
    return out_index, out_distance


def exact(
    query: Array, key: Array, patch: int, weight: Array | None, valid: Array | None, *, threads: int = 1
) -> tuple[Array, Array]:
    """Exhaustive search; see the twin in `numpy_kernels`."""
    shape = query.shape[0] - patch + 1, query.shape[1] - patch + 1
    key_rows, key_cols = key.shape[0] - patch + 1, key.shape[1] - patch + 1
    index, distance = np.zeros((*shape, 2), np.int32), np.full(shape, _NONE, np.int32)
    part_index, part = np.empty_like(index), np.empty_like(distance)
    queries, keys = (np.ascontiguousarray(image.transpose(2, 0, 1)) for image in (query, key))
    valid = _bytes(valid)
    threads = _worth(threads, shape[0] * shape[1] * key_rows * key_cols * 2.0)
    rows = _EXACT_ROWS * threads
    for start in range(0, shape[0], rows):
        stop = min(start + rows, shape[0])
        here = slice(start, stop)
        # displacements ascend, so a later part wins only where it is strictly better
        for down, end in _bands(stop - 1 + key_rows - start, _EXACT_ROWS * shape[1] * key_cols * 2.0, 1):
            down0, down1 = down - stop + 1, end - stop + 1
            _native.exact(queries, keys, patch, weight, valid, part_index, part, start, stop, down0, down1, threads)
            better = _scores(part[here], part_index[here], weight) < _scores(distance[here], index[here], weight)
            index[here] = np.where(better[..., None], part_index[here], index[here])
            distance[here] = np.where(better, part[here], distance[here])
    return index, distance


def _scores(distance: Array, index: Array, weight: Array | None) -> Array:
    """Return what the kernel compares: the distances, or float32 products with the keys' weights."""
    if weight is None:
        return distance
    scores = distance.astype(np.float32) * weight[index[..., 0], index[..., 1]]
    return np.where(distance < _NONE, scores, np.float32(np.inf))


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
    """One PatchMatch sweep; see the twin in `numpy_kernels`."""
    query, _, patch, *_ = pictures
    (index, distance), (jumps, radii, looks) = field, ways
    count = index.shape[0] * index.shape[1] if at is None else len(at)
    new_index = np.empty_like(index) if at is None else copied(index)
    if at is None or distance is None:
        new_distance = np.zeros(index.shape[:2], np.float32)
    else:
        new_distance = copied(distance)
    work = 200 + (2 * len(jumps) + len(radii) + looks) * patch * patch * query.shape[2] / 4
    threads = _worth(threads, work * count)
    for start, stop in _bands(count, _SCATTERED * work, threads):
        _native.sweep(
            *pictures, masks[0], _bytes(masks[1]), at, index, jumps, radii, looks, seed, steps, new_index,
            new_distance, start, stop, threads,
        )
    return new_index, new_distance


def probe(pictures: Pictures, valid: Array | None, at: Array, bound: Array, *, threads: int = 1) -> Array:
    """Smallest distances of some query patches; see the twin in `numpy_kernels`."""
    patch, key_sums = pictures[2], pictures[4]
    least = bound.copy()
    work = key_sums.shape[0] * key_sums.shape[1] * (1 + patch * patch * pictures[1].shape[2] / 50)
    threads = _worth(threads, work * len(at))
    for start, stop in _bands(len(at), work, threads):
        _native.probe(*pictures[:6], _bytes(valid), at, least, start, stop, threads)
    return least
