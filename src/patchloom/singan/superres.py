"""More pixels: the finest generator, again and again."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.nn import functional

from ..checks import MAX_SIDE, as_real, as_seed, as_threads, from_image
from ..errors import ImageError, ParameterError, explain
from ..params.singan_tasks import FACTOR
from ..types import Size
from .devices import as_device, repeatable
from .growing import Draw, Level, as_image, as_tensor, generated_over, resized
from .model import Model
from .networks import PAD, Tensor
from .sample import Sample, check_model, levels_of

_STEP = 2 ** (1 / 3)
_ROUNDS = 3                                               # that differences are given back: hardly any remain
_ENLARGING = 11                                           # told apart from other uses of a seed


def superres(
    model: Model, *, factor: float = FACTOR.usual, consistent: bool = True, seed: int | None = None,
    device: str = "auto", threads: int = 0,
) -> Sample:
    """Return the picture that a model was trained on with more pixels.

    Parameters
    ----------
    model : Model
        Of `patchloom.singan.train`; best with the numbers of ``PRESETS["superres"]``, whose scales are as far apart
        as the steps of this, and which keep the colours. It must have been trained on the whole picture, not on a
        smaller version.
    factor : float
        Of both sides, above 1 to 64.
    consistent : bool
        After each step give back what the result, made small again, differs in from the picture. Without, as
        published, colours and contrast drift from step to step.
    seed : int, optional
        0 to 2**64 - 1; by default a fresh one. It decides little: the last scale's noise is faint.
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
    Rott Shaham et al., "SinGAN" (ICCV 2019), section 4; Irani and Peleg, "Improving Resolution by Image
    Registration" (CVGIP 1991), for the differences that are given back. That is ours: the paper has none.

    Notes
    -----
    Small structures repeat across scales in natural pictures, so a generator that has learnt to add what the
    last enlargement lost can add it to the next one. The picture is mirrored at its edges (published: zeros), where
    lines would grow. It is applied as often as steps of 2^(1/3) come nearest
    to the factor: six times for 4. What it gets wrong in large areas at each step, about its error of
    reconstruction, would add up.
    """
    check_model(model)
    seed, where, threads = as_seed(seed), as_device(device), as_threads(threads)
    sizes = sizes_towards(model, factor)
    with repeatable(where, threads):
        draw = Draw(seed, model.channels, model.params.padding == "noise", where, threads)
        picture = _enlarged(as_tensor(model.image, where), levels_of(model, where)[-1], sizes, draw, consistent)
        image = as_image(picture)
    return Sample(from_image(image, model.kind), seed)


def sizes_towards(model: Model, factor: Any) -> tuple[Size, ...]:
    """Return the sizes after each application; the last is the result's.

    Raises
    ------
    ImageError
        If the model's picture is a smaller version of the one that was passed.
    ParameterError
        If the factor is out of range.
    """
    own = model.image.shape[0], model.image.shape[1]
    if len(model.scales) == 1:
        raise ImageError(explain("model", "one trained scale", "must have two: the first enlarges nothing",
                                 "train on, or with a smaller min_size"))
    if own != model.own_size:
        sides = f"{own[1]} x {own[0]} pixels of a picture of {model.own_size[1]} x {model.own_size[0]}"
        raise ImageError(explain("model", sides, "must be trained on the whole picture",
                                 f"train it with max_size {max(model.own_size)}"))
    times = as_real(factor, "factor", *FACTOR.limits)
    most = min(FACTOR.high, MAX_SIDE / max(own))
    if _scaled(own, times) == own or times > most:
        raise ParameterError(explain("factor", factor, f"must be above 1, and at most {most:g} for this picture"))
    steps = max(1, math.floor(math.log(times) / math.log(_STEP) + 0.5))
    return tuple(_scaled(own, times ** (step / steps)) for step in range(1, steps + 1))


def _scaled(size: Size, factor: float) -> Size:
    rows, cols = (math.floor(side * factor + 0.5) for side in size)
    return rows, cols


def _mirrored(picture: Tensor) -> Tensor:
    """Return a picture that goes on beyond its edges: what zeros do there would grow with each step."""
    return functional.pad(picture, (PAD, PAD, PAD, PAD), mode="reflect")


def _enlarged(low: Tensor, level: Level, sizes: tuple[Size, ...], draw: Draw, consistent: bool) -> Tensor:
    """Return a picture enlarged step by step, each with what the generator adds."""
    own, picture = (low.shape[-2], low.shape[-1]), low
    with torch.no_grad():
        for step, size in enumerate(sizes):
            # Not as scale 0, where all channels have the same noise: the generator comes from the last.
            noise = draw(1, size, _ENLARGING, step)
            picture = generated_over(level, noise, resized(picture, size), _mirrored)
            for _ in range(_ROUNDS if consistent else 0):
                picture = picture + resized(low - resized(picture, own), size)
    return picture
