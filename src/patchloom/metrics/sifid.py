"""SIFID: the Frechet distance between what Inception-V3's first layers see in a picture and in its source."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import FileError, ImageError, explain
from ..types import Image
from .comparison import Comparison, compare
from .frechet import frechet_distance
from .inception import WHERE, Inception, Moments, import_torch, load_inception
from .measured import Measured

_LEAST_SIDE = {64: 9, 192: 23}                            # gives 2 x 2 positions
_BAND = 1 << 21                                           # values of a band in the widest layer: 8 MB
_KEPT = 8                                                 # sources whose moments are kept
_TURN = threading.Lock()                                  # torch's number of threads is one for the whole process


def sifid64(generated: Any, source: Any, *, weights: Inception | str | os.PathLike[str] | None = None) -> float:
    """Return SIFID at 64 dimensions: before Inception-V3's first max pool.

    The Frechet distance between the Gaussians of the network's answers over all positions of
    each picture, of its layer Conv2d_2b_3x3. Lower is better; fooled by copying: the source
    itself scores 0. Figures of different weights, dimensions or sizes do not compare.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, 3) and (K, L, 3), RGB of at least 9 x 9, of any sizes; taken on [0, 1], never resized.
    weights : Inception or path, optional
        What `load_inception` returned, or its argument.

    Returns
    -------
    float
        0 or more; the same for any number of threads, and on every machine to about 1e-6 of it (1e-4 near 0).

    Raises
    ------
    ImageError
        If the pictures cannot be compared, are too small, or are not RGB without alpha.
    ParameterError, FileError, MissingExtraError
        As `load_inception` does.

    References
    ----------
    Shaham et al., "SinGAN: Learning a generative model from a single natural image" (ICCV 2019);
    the dimensions are those of its published code.

    Examples
    --------
    >>> from patchloom import metrics
    >>> weights = metrics.load_inception("inception_v3_google-0cc3c7bd.pth")  # doctest: +SKIP
    >>> metrics.sifid64(source, source, weights=weights)  # doctest: +SKIP
    0.0
    """
    return _sifid(compare(generated, source, patch_size=3), 64, weights).value


def sifid192(generated: Any, source: Any, *, weights: Inception | str | os.PathLike[str] | None = None) -> float:
    """Return SIFID at 192 dimensions: before Inception-V3's second max pool.

    As `sifid64`, of the layer Conv2d_4a_3x3, which sees 23 x 23 pixels instead of 11 x 11. Lower is
    better; fooled by copying in the same way, and by small pictures more: 250 x 188 pixels
    have 2494 positions for 192 dimensions, and 11102 for 64.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, 3) and (K, L, 3), RGB of at least 23 x 23, of any sizes; taken on [0, 1], never resized.
    weights : Inception or path, optional
        What `load_inception` returned, or its argument.

    Returns
    -------
    float
        0 or more; the same for any number of threads, and on every machine to about 1e-6 of it (1e-4 near 0).

    Raises
    ------
    ImageError
        If the pictures cannot be compared, are too small, or are not RGB without alpha.
    ParameterError, FileError, MissingExtraError
        As `load_inception` does.

    References
    ----------
    Shaham et al., "SinGAN: Learning a generative model from a single natural image" (ICCV 2019);
    the dimensions are those of its text.

    Examples
    --------
    >>> from patchloom import metrics
    >>> weights = metrics.load_inception("inception_v3_google-0cc3c7bd.pth")  # doctest: +SKIP
    >>> metrics.sifid192(source, source, weights=weights)  # doctest: +SKIP
    0.0
    """
    return _sifid(compare(generated, source, patch_size=3), 192, weights).value


def sifid64_of(pair: Comparison) -> Measured:
    """Return `sifid64` of a comparison, with the weights that it was given."""
    return _sifid(pair, 64, pair.given.get("weights"))


def sifid192_of(pair: Comparison) -> Measured:
    """Return `sifid192` of a comparison, with the weights that it was given."""
    return _sifid(pair, 192, pair.given.get("weights"))


def _sifid(pair: Comparison, dimensions: int, weights: Inception | str | os.PathLike[str] | None) -> Measured:
    for name, image in (("generated", pair.generated), ("source", pair.source)):
        _check(image.shape, dimensions, name)
    network = weights if isinstance(weights, Inception) else load_inception(weights)
    made = moments(pair.generated, network, dimensions)
    own = source_moments(pair.source, network, dimensions)
    value = frechet_distance(made.mean, made.covariance, own.mean, own.covariance)
    details = {
        "dimensions": dimensions, "positions": made.positions, "source_positions": own.positions,
        "weights": network.layout, "weights_sha256": network.sha256, "weights_published": network.published,
    }
    notes = []
    fewest = min(made.positions, own.positions)
    if fewest <= dimensions:
        notes.append(f"{fewest} positions are too few for a covariance of {dimensions} dimensions")
    if not network.published:
        notes.append("the weights are not those of the published file: figures compare only with others of this file")
    return Measured(value, details, tuple(notes))


def _check(shape: tuple[int, ...], dimensions: int, name: str) -> None:
    rows, cols, channels = shape
    if channels != 3:
        raise ImageError(
            explain(name, f"{channels} channels", "SIFID is of RGB pictures without alpha", "convert to RGB")
        )
    least = _LEAST_SIDE[dimensions]
    if min(rows, cols) < least:
        raise ImageError(
            explain(name, f"{cols} x {rows} pixels", f"sides must be at least {least} for {dimensions} dimensions")
        )


def moments(image: Image, weights: Inception, dimensions: int) -> Moments:
    """Return the moments of the network's answers over all positions of a picture.

    Rows are taken in bands that overlap as far as the network sees, so that beside the picture
    less than 100 MB are needed whatever its size (measured to 32,768 pixels of width); sums are
    float64, on one thread, so that no figure depends on threads.

    Parameters
    ----------
    image : Image
        (H, W, 3) on [0, 1].
    weights : Inception
        What `load_inception` returned.
    dimensions : {64, 192}
        Before the first or the second max pool.

    Raises
    ------
    FileError
        If the weights give numbers that are not finite.
    MissingExtraError
        If torch is not installed.
    """
    torch = import_torch()
    mean, scatter = np.zeros(dimensions), np.zeros((dimensions, dimensions))
    total = 0
    with _one_thread(torch):
        layers = [tuple(torch.tensor(part) for part in block) for block in weights.blocks]
        for first, last in _bands(image, dimensions):
            answers = _answers(torch, image, layers, (first, last), dimensions).double()
            middle = answers.mean(1, keepdim=True)
            around = answers - middle
            count, step = answers.shape[1], middle[:, 0].numpy() - mean
            # The mean and the scatter about it of two parts together (Chan, Golub and LeVeque 1979).
            scatter += (around @ around.T).numpy() + np.outer(step, step) * (total * count / (total + count))
            total += count
            mean += step * (count / total)
    if not (np.isfinite(mean).all() and np.isfinite(scatter).all()):
        raise FileError(explain("weights", weights.path, "give numbers that are not finite", f"use {WHERE}"))
    return Moments(mean, scatter / (total - 1), total)


def source_moments(image: Image, weights: Inception, dimensions: int) -> Moments:
    """Return `moments`, kept with the weights: a source is compared with many samples."""
    wanted = hashlib.blake2b(np.ascontiguousarray(image).data).digest(), image.shape, dimensions
    found = weights._seen.get(wanted)
    if found is None:
        found = moments(image, weights, dimensions)
        while len(weights._seen) >= _KEPT:
            weights._seen.pop(next(iter(weights._seen)), None)
        weights._seen[wanted] = found
    return found


def _bands(image: Image, dimensions: int) -> Iterator[tuple[int, int]]:
    """Rows of positions, in bands of about `_BAND` values in the widest layer."""
    rows, width = (_halved(side) for side in image.shape[:2])
    step = max(1, _BAND // (64 * width))
    if dimensions == 192:
        rows, step = _halved(rows), max(1, step // 2)
    for first in range(0, rows, step):
        yield first, min(first + step, rows)


def _halved(side: int) -> int:
    """Positions along a side, after every second of three and then a convolution of three without border."""
    return (side - 3) // 2 - 1


def _answers(torch: Any, image: Image, layers: list[Any], band: tuple[int, int], dimensions: int) -> Any:
    """Return what the network says at rows first to last - 1 of its positions: (dimensions, positions)."""
    first, last = band if dimensions == 64 else (2 * band[0], 2 * band[1] + 5)
    low, high = max(first - 1, 0), min(last + 1, _halved(image.shape[0]))     # of the second layer
    pixels = 2 * image[2 * low : 2 * high + 5] - 1
    values = torch.tensor(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None]
    convolved, pad = torch.nn.functional.conv2d, torch.nn.functional.pad
    values = convolved(values, *layers[0], stride=2).relu_()
    values = convolved(values, *layers[1]).relu_()
    # The third has a border of zeros: only where the picture ends, and not where a band does.
    values = convolved(pad(values, (1, 1, low - first + 1, last + 1 - high)), *layers[2]).relu_()
    if dimensions == 192:
        values = torch.nn.functional.max_pool2d(values, 3, 2)
        values = convolved(convolved(values, *layers[3]).relu_(), *layers[4]).relu_()
    return values[0].flatten(1)


@contextmanager
def _one_thread(torch: Any) -> Iterator[None]:
    """Let torch work on one thread, and without gradients."""
    with _TURN, torch.inference_mode():
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)
