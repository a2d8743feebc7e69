"""A picture that enters a model at a scale: the finer ones give it the patches of the training picture.

References
----------
Rott Shaham et al., "SinGAN" (ICCV 2019), section 4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..checks import as_image, as_mask, as_seed, as_threads, as_whole
from ..compare import alike, is_clear
from ..errors import ImageError, ParameterError, explain
from ..layers import Blend, Layer
from ..overlay import laid_over
from ..params.singan_tasks import MOST_DILATION
from ..regions import as_feather, check_share, dilated, feathered
from ..types import Image, Mask, PixelFormat, Size
from .devices import as_device, repeatable
from .growing import Draw, Level, as_tensor, grown, resized
from .growing import as_image as made_image
from .model import Model
from .networks import Tensor
from .sample import Sample, check_model, levels_of, sizes_for
from .scales import LEAST


@dataclass(frozen=True, eq=False)
class Given:
    """A picture that was passed beside a model.

    Attributes
    ----------
    image : Image
        With the model's channels, in its units.
    kind : PixelFormat
        What it came as; floats with the range that [0, 1] is to the model.
    below : array or PIL image
        As it came.
    name : str
        What errors call it.
    """

    image: Image
    kind: PixelFormat
    below: Any
    name: str

    @property
    def size(self) -> Size:
        """(rows, columns)."""
        return self.image.shape[0], self.image.shape[1]


def as_given(model: Model, picture: Any, name: str) -> Given:
    """Return a picture with the channels and in the units of a model's.

    Raises
    ------
    ImageError
        If it has other channels, but for an opaque alpha, or other units.
    """
    image, kind = as_image(picture, name)
    own = model.kind
    image = alike(image, kind, own, model.channels, is_clear(model.image, own), (name, "the model's picture"))
    if (kind.low, kind.high) != (own.low, own.high):
        if kind.dtype.kind != "f" or own.dtype.kind != "f":
            what, of = (name, kind) if kind.dtype.kind == "f" else ("model", own)
            raise ImageError(explain(what, f"values from {of.low:g} to {of.high:g}",
                                     "floats must be within [0, 1] beside integers", "scale them"))
        true = image.astype(np.float64) * (kind.high - kind.low) + kind.low
        image = ((true - own.low) / (own.high - own.low)).astype(np.float32)
        kind = replace(kind, low=own.low, high=own.high)
    return Given(image, kind, picture, name)


def as_start(model: Model, start: int | None, usual: int) -> int:
    """Return the scale at which a picture enters; `usual`, or the nearest there is, if none was asked for.

    Raises
    ------
    ImageError
        If the model has one scale only.
    ParameterError
        If there is no such scale, or none before it.
    """
    last = len(model.scales) - 1
    if last < 1:
        raise ImageError(explain("model", "1 scale", "a picture can enter a model of two or more",
                                 "train it further, or with a smaller min_size"))
    if start is None:
        return min(max(usual, 1), last)
    return as_whole(start, "start_scale", 1, last)


def check_same_pixels(model: Model, given: Given) -> None:
    """Raise `ImageError` unless a pixel of the picture is as large as one of the model's finest scale."""
    through = len(model.scales) == model.count
    whole = through and model.own_size == model.image.shape[:2]
    rows, cols = model.size
    if whole and min(given.size) < LEAST:
        raise ImageError(explain(given.name, f"{given.size[1]} x {given.size[0]} pixels",
                                 f"its sides must be at least {LEAST}", "use a larger picture"))
    if not whole and given.size != model.size:
        other = f"train with a max_size of {max(model.own_size)} or more" if through else "train the model to its end"
        raise ImageError(
            explain(given.name, f"{given.size[1]} x {given.size[0]} pixels", f"the model makes {cols} x {rows}",
                    f"bring picture and mask to that, or {other}")
        )


def softened(part: Mask, dilate: int, feather: int, name: str = "mask") -> Blend:
    """Return how what is made in a part of a picture, and around it, is laid over the rest.

    Parameters
    ----------
    part : Mask (H, W)
        What is to change.
    dilate : int
        Pixels that it grows by.
    feather : int
        Pixels around that, over which the result passes into the picture.
    name : str
        What errors call the mask.

    Raises
    ------
    ImageError
        If the mask covers nothing or everything.
    """
    by, soft = as_whole(dilate, "dilate", 0, MOST_DILATION), as_feather(feather)
    check_share(part, name)
    return Blend(feathered(dilated(part, by), soft))


def injected(
    model: Model, levels: tuple[Level, ...], picture: Tensor, size: Size, start: int, draw: Draw,
    through: Callable[[Tensor], Tensor] = lambda picture: picture,
) -> Tensor:
    """Return what the scales from `start` on make of a picture.

    Parameters
    ----------
    model : Model
        With `levels` as its scales.
    levels : tuple of Level
        On the device.
    picture : tensor (1, C, h, w)
        What enters, of any size: it is brought down to the scale before, and enlarged again.
    size : Size
        Of the result.
    start : int
        The scale, 1 or finer.
    draw : Draw
        Of the noise.
    through : callable, optional
        What is done to the picture once it is enlarged.

    Returns
    -------
    tensor (1, C, H, W)
    """
    sizes, steps = sizes_for(model, size), len(levels) - start
    same = (picture.shape[-2], picture.shape[-1]) == size
    before = resized(picture, sizes[start - 1], model.ratio**steps if same else None)
    enlarged = through(resized(before, sizes[start], 1 / model.ratio))
    return grown(levels, sizes, draw, ratio=model.ratio, first=start, start=enlarged)


def draw_for(model: Model, seed: int, device: Any, threads: int) -> Draw:
    """Return what random noise of an application is drawn with."""
    return Draw(seed, model.channels, model.params.padding == "noise", device, threads)


def remade(
    model: Model, given: Given, blend: Blend, start: int, *, seed: int | None, device: str, threads: int
) -> Sample:
    """Return a picture with a part of it made anew by a model, and the rest as it came.

    Parameters
    ----------
    model : Model
        Of the training.
    given : Given
        The picture.
    blend : Blend
        Where what is made is laid over it.
    start : int
        The scale at which it enters.
    seed, device, threads
        As for `patchloom.singan.sample`.
    """
    seed, where, threads = as_seed(seed), as_device(device), as_threads(threads)
    with repeatable(where, threads):
        draw = draw_for(model, seed, where, threads)
        made = injected(model, levels_of(model, where), as_tensor(given.image, where), given.size, start, draw)
        image = _with_channels(made_image(made), model, given.kind)
    return Sample(laid_over(image, Layer(image, given.kind, given.below), blend), seed)


def _with_channels(image: Image, model: Model, kind: PixelFormat) -> Image:
    """Return a model's picture with the alpha of another kind, or without: `as_given` lets pass an opaque one only."""
    if model.kind.alpha == kind.alpha:
        return image
    if model.kind.alpha:
        return np.ascontiguousarray(image[..., :-1])
    return np.concatenate([image, np.ones((*image.shape[:2], 1), np.float32)], axis=2)


def as_marked(mask: Any, size: Size) -> Mask:
    """Return the mask of a picture of `size`; it may not be left out.

    Raises
    ------
    ParameterError
        If it is.
    """
    if mask is None:
        raise ParameterError(explain("mask", None, "must be a mask of what is to change", "pass one"))
    return as_mask(mask, size)


def checked(model: Any, picture: Any, name: str) -> Given:
    """Return a picture of which a part is to be made anew, if the model can."""
    check_model(model)
    given = as_given(model, picture, name)
    check_same_pixels(model, given)
    return given
