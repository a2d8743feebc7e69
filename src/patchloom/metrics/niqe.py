"""NIQE: how far a picture's local contrasts are from those of pristine pictures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ImageError, ParameterError, explain
from ..types import Image
from .comparison import Comparison, as_measured
from .measured import Measured
from .naturalness import Blocks, blocks_of, grey_levels
from .pristine import STEADY, NiqeModel, covariance_of

ENOUGH_BLOCKS = 16
"""Whole blocks from which on moving a crop by less than half a block moves the score by less than half a point.

Measured on two photographs and two paintings, 56 places at each size and five crops at each place, all an even number
of pixels apart. Median of the largest difference among the five: 2.6 with 1 block, 1.3 with 2, 1.0 with 4, 0.8 with 6,
0.56 with 9, 0.53 with 12, 0.36 with 16, 0.23 with 25, 0.13 with 49. The score itself falls with the number of blocks,
of the photographs from 9 through 6, 5.5, 4.8, 3.9, 3.9 and 3.5 to 3.0 and 2.6: their covariance is estimated too.
"""

FLAT_SHARE = 0.01
"""Share of flat pixels from which on rounding shows in the score."""


UNEVEN = 1.5
"""Ratio of the blocks of two pictures from which on their scores do not compare."""


def niqe(generated: Any, source: Any = None, *, parameters: NiqeModel) -> float:
    """Return how far a picture's local contrasts are from those of pristine pictures.

    Lower is better. It sees contrasts of neighbouring pixels and nothing else: a copy of the source scores as the
    source does, any mixture of sharp pieces scores well, and noise, grain or strong blur that the pristine pictures
    do not have score badly; a light blur may even help. Scores compare only under the same model and for about the
    same number of blocks: the fewer there are, the higher and the less certain the score. It means little below 16
    blocks of 96 x 96 pixels; and cropping by an odd number of pixels can move it at any size, for the half scale then
    takes other pixels together.

    Parameters
    ----------
    generated : array or PIL image
        (H, W) or (H, W, 1 or 3): grey or RGB, at least one block. Depths other than 8 bits are rounded to it.
    source : array or PIL image, optional
        Not read: NIQE judges a picture by itself.
    parameters : NiqeModel
        From `patchloom.io.load_niqe` or `fit_niqe`.

    Returns
    -------
    float
        From 0 up; the same on every machine to 1e-6 of its value.

    Raises
    ------
    ImageError
        If it is neither grey nor RGB, holds no whole block, or is flat.
    ParameterError
        If `parameters` is no model.

    References
    ----------
    Mittal, Soundararajan and Bovik, "Making a completely blind image quality analyzer" (IEEE Signal Processing
    Letters 20, 2013).

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> noise = [np.random.default_rng(seed).integers(0, 256, (96, 96), np.uint8) for seed in range(20)]
    >>> model = metrics.fit_niqe(noise, block=48)
    >>> metrics.niqe(noise[0], parameters=model) < metrics.niqe(noise[0] // 2 + 64, parameters=model)
    True
    """
    model = _as_model(parameters)
    image, _ = as_measured(generated, "generated")
    return _score(_seen(image, model, "generated"), model)


def niqe_of(pair: Comparison) -> Measured:
    """Return `niqe` of a comparison that was given the model, with that of the source beside it."""
    model = _as_model(pair.given["niqe"])
    blocks = _seen(pair.generated, model, "generated")
    details: dict[str, Any] = {
        "blocks": len(blocks.flat), "block_size": model.block_size, "flat": float(blocks.flat.mean()),
        "parameters": model.digest, "fitted_on": model.blocks or None,
    }
    notes = _notes(blocks, model)
    try:
        beside = _seen(pair.source, model, "source")
        details |= {"source": _score(beside, model), "source_blocks": len(beside.flat)}
        fewer, more = sorted((len(blocks.flat), len(beside.flat)))
        if more >= UNEVEN * fewer:
            notes.append(f"the source has {len(beside.flat)} blocks: scores fall with their number")
    except ImageError as error:
        notes.append(f"the source has no score ({error})")
    return Measured(_score(blocks, model), details, tuple(notes))


def _as_model(value: Any) -> NiqeModel:
    if not isinstance(value, NiqeModel):
        raise ParameterError(
            explain("parameters", type(value).__name__, "must be a NiqeModel",
                    "read one with patchloom.io.load_niqe, or fit one with fit_niqe")
        )
    return value


def _seen(image: Image, model: NiqeModel, name: str) -> Blocks:
    """Return the blocks of a picture, of which there is one at least, and each feature in one at least."""
    grey, block = grey_levels(image, name), model.block_size
    if min(grey.shape) < block:
        raise ImageError(
            explain(name, f"{grey.shape[1]} x {grey.shape[0]} pixels", f"NIQE needs a whole block of {block} x {block}",
                    "measure a larger picture")
        )
    blocks = blocks_of(grey, block)
    if not np.isfinite(blocks.features).any(axis=0).all():
        raise ImageError(
            explain(name, f"{100 * blocks.flat.mean():.1f} % flat pixels",
                    "NIQE needs contrasts of both signs in some block", "measure another picture")
        )
    return blocks


def _score(blocks: Blocks, model: NiqeModel) -> float:
    """Return the distance of two Gaussians: that of the blocks, and the model."""
    full = blocks.features[np.isfinite(blocks.features).all(axis=1)]
    own = covariance_of(full) if len(full) > 1 else np.zeros_like(model.covariance)
    away = model.mean - np.nanmean(blocks.features, axis=0)
    # Rounding can make the square of a tiny distance negative.
    return math.sqrt(max(0.0, float(away @ np.linalg.pinv((model.covariance + own) / 2) @ away)))


def _notes(blocks: Blocks, model: NiqeModel) -> list[str]:
    notes, flat = [], float(blocks.flat.mean())
    if len(blocks.flat) < ENOUGH_BLOCKS:
        count = f"{len(blocks.flat)} block" + "s" * (len(blocks.flat) > 1)
        notes.append(f"{count}: below {ENOUGH_BLOCKS} the score moves by more than half a point with the crop")
    if flat > FLAT_SHARE:
        notes.append(f"{100 * flat:.1f} % of the pixels are flat: the signs of their contrasts are rounding")
    if 0 < model.blocks < STEADY:
        notes.append(f"the model was fitted on {model.blocks} blocks: of fewer than {STEADY} it makes scores too high")
    return notes
