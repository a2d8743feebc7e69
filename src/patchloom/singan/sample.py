"""Random samples: of any size, and from any scale on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ..checks import as_seed, as_size, as_threads, as_whole, from_image
from ..errors import ImageError, ParameterError, explain
from ..types import Size
from .devices import as_device, repeatable
from .growing import Draw, Level, as_image, as_tensor, grown, resized
from .model import Model
from .networks import Tensor, restored
from .one_scale import Course
from .scales import LEAST, scale_sizes


@dataclass(frozen=True, eq=False)
class Sample:
    """What an application of a model returns.

    Attributes
    ----------
    image : array or PIL image
        Of the type, dtype and channels of the picture that was passed in: the model's own, or
        the one that was to be changed.
    seed : int
        The seed that was used; the same gives the same picture on the same device.
    frames : tuple
        Of an animation, like `image`, which is the first.
    """

    image: Any
    seed: int
    frames: tuple[Any, ...] = ()


def sample(
    model: Model, *, size: Size | None = None, start_scale: int = 0, seed: int | None = None, device: str = "auto",
    threads: int = 0,
) -> Sample:
    """Return a new picture with the patches of the one that a model was trained on.

    Parameters
    ----------
    model : Model
        Of `patchloom.singan.train` or `patchloom.io.load_model`.
    size : (rows, columns), optional
        Of the result, at least 11 on each side; by default that of the picture in training.
    start_scale : int
        The scale at which noise enters, 0 (the coarsest: everything may be new) to the last; the
        structure of coarser scales is the picture's own.
    seed : int, optional
        0 to 2**64 - 1; by default a fresh one.
    device : str
        As for `patchloom.singan.train`.
    threads : int
        Of the CPU; 0 means `PATCHLOOM_THREADS`, or else all cores.

    Returns
    -------
    Sample

    Raises
    ------
    InputError
        If something that was passed cannot be used.

    References
    ----------
    Rott Shaham et al., "SinGAN" (ICCV 2019), section 4.
    """
    check_model(model)
    start = as_whole(start_scale, "start_scale", 0, len(model.scales) - 1)
    wanted = model.size if size is None else as_size(size, least=LEAST)
    seed, where, threads = as_seed(seed), as_device(device), as_threads(threads)
    with repeatable(where, threads):
        draw = Draw(seed, model.channels, model.params.padding == "noise", where, threads)
        picture = drawn(model, levels_of(model, where), draw, wanted, start)
        image = as_image(picture)
    return Sample(from_image(image, model.kind), seed)


def reconstruction(model: Model, *, device: str = "auto", threads: int = 0) -> Any:
    """Return the picture that a model was trained on as the model makes it, without any noise but its own fixed map.

    Parameters
    ----------
    model : Model
        Of `patchloom.singan.train`, or of one of its steps.
    device, threads
        As for `sample`.

    Returns
    -------
    array or PIL image
        Of the type, dtype and channels of the picture, at the size of the last trained scale.

    Raises
    ------
    InputError
        If something that was passed cannot be used.
    """
    check_model(model)
    where = as_device(device)
    with repeatable(where, as_threads(threads)):
        picture = rebuilt(model, levels_of(model, where), where)
    return from_image(as_image(picture), model.kind)


def check_model(model: Any) -> None:
    """Raise an error unless `model` is one with a trained scale."""
    if not isinstance(model, Model):
        raise ParameterError(explain("model", type(model).__name__, "must be a model of patchloom.singan",
                                     "train one with patchloom.singan.train, or read one with patchloom.io.load_model"))
    if not model.scales:
        raise ImageError(explain("model", "no trained scale", "must have at least one", "train it"))


def levels_of(model: Model, device: torch.device) -> tuple[Level, ...]:
    """Return the trained scales of a model on a device."""
    return tuple(
        Level(restored(scale.generator, model.channels, model.channels, device).requires_grad_(False), scale.amplitude)
        for scale in model.scales
    )


def course_of(model: Model, device: torch.device, threads: int) -> Course:
    """Return what does not change during a training of a model's picture."""
    reals = tuple(as_tensor(real, device) for real in model.reals)
    return Course(model.params, model.seed, reals, model.ratio, device, model.precision, threads=threads)


def sizes_for(model: Model, size: Size) -> tuple[Size, ...]:
    """Return the sizes of the model's scales for a result of `size`, coarsest first."""
    if size == model.size:
        return model.sizes[: len(model.scales)]
    return scale_sizes(size, len(model.scales), model.ratio)


def drawn(model: Model, levels: tuple[Level, ...], draw: Draw, size: Size, start: int) -> Tensor:
    """Return a random picture (1, C, H, W) that is the model's own up to the scale `start`."""
    sizes = sizes_for(model, size)
    ratio = model.ratio if size == model.size else None   # as in training: sides are whole, and their ratios not quite
    below = None
    if start:
        below = resized(rebuilt(model, levels[:start], draw.device), sizes[start], None if ratio is None else 1 / ratio)
    return grown(levels, sizes, draw, ratio=ratio, first=start, start=below)


def rebuilt(model: Model, levels: tuple[Level, ...], device: torch.device) -> Tensor:
    """Return the picture itself (1, C, H, W) as some of the scales, from the coarsest on, make it."""
    course = course_of(model, device, 1)
    return grown(levels, model.sizes, course.reconstruction_noise, ratio=model.ratio)
