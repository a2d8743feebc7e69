"""From coarse to fine: noise, resizing, and the generators one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import nn

from .. import kernels
from ..resize import taps
from ..search.patchmatch import mix
from ..types import Image, Size
from .devices import exact
from .networks import PAD, Tensor, generated, padded

_BAND = 1 << 26                                           # values in a layer: 256 MiB
_DENSE = 1 << 18                                          # weights of a resizing that are kept as a matrix: 1 MiB

Noise: TypeAlias = Callable[[int, Size], Any]
"""(scale, size of its picture) -> noise at unit amplitude, padded (1, C, H + 10, W + 10)."""


@dataclass(frozen=True, eq=False)
class Level:
    """A trained scale: its generator, and the amplitude of its noise."""

    generator: nn.Sequential
    amplitude: float


@dataclass(frozen=True)
class Draw:
    """Draws noise: a pure function of a seed, counters and a scale, the same on every machine.

    Attributes
    ----------
    seed : int
        Decides all of it.
    channels : int
        Of the pictures. At the coarsest scale all have the same noise.
    around : bool
        Noise around the picture too, instead of zeros.
    device : torch device
        Where it goes.
    threads : int
        To draw with; the noise is the same for any number.
    """

    seed: int
    channels: int
    around: bool
    device: torch.device
    threads: int = 1

    def __call__(self, scale: int, size: Size, *counters: int) -> Tensor:
        """Return noise at unit amplitude (1, C, H + 10, W + 10) for a picture of `size`."""
        more = 2 * PAD if self.around else 0
        shape = (1 if scale == 0 else self.channels, size[0] + more, size[1] + more)
        drawn = kernels.noise(shape, mix(self.seed, scale, *counters), threads=self.threads)
        noise = torch.from_numpy(drawn)[None].to(self.device).expand(1, self.channels, -1, -1)
        return noise if self.around else padded(noise)


def resized(picture: Tensor, size: Size, scale: float | None = None) -> Tensor:
    """Return a picture at another size, as `patchloom.resize` does it, on the picture's device.

    Parameters
    ----------
    picture : tensor (1, C, H, W)
        Of any values.
    size : Size
        (rows, columns) of the result.
    scale : float, optional
        Along both axes; by default `size` over the picture's size, for each axis by itself.
    """
    for axis, target in ((-2, size[0]), (-1, size[1])):
        length = picture.shape[axis]
        factor = target / length if scale is None else scale
        if (target, factor) != (length, 1.0):
            with exact(picture.device):
                made = _by_matrix if length * target <= _DENSE else _by_taps
                picture = made(picture, axis, target, factor)
    return picture


def _by_matrix(picture: Tensor, axis: int, target: int, scale: float) -> Tensor:
    """Return a picture resized along an axis: the fastest while the matrix is small, and small enough to be kept."""
    matrix = torch.from_numpy(_matrix(picture.shape[axis], target, scale)).to(picture)
    return matrix @ picture if axis == -2 else picture @ matrix.T


def _by_taps(picture: Tensor, axis: int, target: int, scale: float) -> Tensor:
    """Return a picture resized along an axis: the samples that weigh anything, one after another."""
    index, weight = taps(picture.shape[axis], target, scale)
    made = None
    for place, share in zip(index.T, weight.T, strict=True):
        weights = torch.from_numpy(share.copy()).to(picture)
        found = picture.index_select(axis, torch.from_numpy(place.astype(np.int64)).to(picture.device))
        found = found * (weights[:, None] if axis == -2 else weights)
        made = found if made is None else made + found
    return made


@lru_cache(maxsize=128)
def _matrix(length: int, target: int, scale: float) -> Any:
    """Return the weights of each sample in each resized one, float32 (target, length)."""
    index, weight = taps(length, target, scale)
    matrix = np.zeros((target, length), np.float32)
    np.add.at(matrix, (np.arange(target)[:, None], index), weight)
    return matrix


def grown(
    levels: Sequence[Level], sizes: Sequence[Size], noise: Noise, *, ratio: float | None = None,
    first: int = 0, start: Tensor = None,
) -> Tensor:
    """Return the picture of the last of some scales.

    Parameters
    ----------
    levels : sequence of Level
        From the coarsest on; those before `first` are not used.
    sizes : sequence of Size
        Of the scales' pictures.
    noise : callable
        What each scale adds.
    ratio : float, optional
        Size of a scale relative to the next finer, if `sizes` are the model's own; by default
        as the sizes say.
    first : int
        The scale to begin with.
    start : tensor (1, C, h, w), optional
        The picture before it, of that scale's size; by default zeros.

    Returns
    -------
    tensor (1, C, H, W)
        Without a gradient.
    """
    with torch.no_grad():
        picture = start
        for scale in range(first, len(levels)):
            unit = noise(scale, sizes[scale])
            if picture is None:
                picture = unit.new_zeros(1, unit.shape[1], *sizes[scale])
            elif scale > first:
                picture = resized(picture, sizes[scale], None if ratio is None else 1 / ratio)
            picture = generated_over(levels[scale], unit, picture)
    return picture


def generated_over(
    level: Level, unit: Tensor, picture: Tensor, around: Callable[[Tensor], Tensor] = padded
) -> Tensor:
    """Return a scale's picture over the one before it, of the same size: in bands of rows, so that memory stays flat.

    Parameters
    ----------
    level : Level
        In use, not in training: its normalisation is fixed, and a band needs nothing of the others.
    unit : tensor (1, C, H + 10, W + 10)
        Noise at unit amplitude.
    picture : tensor (1, C, H, W)
        Of the scale before, enlarged.
    around : callable
        Pads it by 5 pixels; by default with zeros, as in training.
    """
    noise, previous = level.amplitude * unit, around(picture)
    rows, cols = picture.shape[-2:]
    height = max(1, _BAND // (level.generator[0].out_channels * cols))
    bands = [
        generated(level.generator, noise[..., top : top + height + 2 * PAD, :],
                  previous[..., top : top + height + 2 * PAD, :])
        for top in range(0, rows, height)
    ]
    return bands[0] if len(bands) == 1 else torch.cat(bands, dim=-2)


def as_tensor(image: Image, device: torch.device) -> Tensor:
    """Return an `Image` on [0, 1] as a picture (1, C, H, W) on [-1, 1]."""
    values = np.ascontiguousarray(image.transpose(2, 0, 1)[None]) * np.float32(2) - np.float32(1)
    return torch.from_numpy(values).to(device)


def as_image(picture: Tensor) -> Image:
    """Return a picture (1, C, H, W) on [-1, 1] as an `Image`, cut to [0, 1]."""
    values = picture.detach().float().cpu().numpy()[0].transpose(1, 2, 0)
    image: Image = np.ascontiguousarray(np.clip((values + np.float32(1)) * np.float32(0.5), 0, 1), np.float32)
    return image
