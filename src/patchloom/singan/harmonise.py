"""A pasted object in the texture of the picture that a model was trained on."""

from __future__ import annotations

from typing import Any

from ..params.singan_tasks import HARMONISE_BACK, HARMONISE_DILATION, HARMONISE_FEATHER
from .injecting import as_marked, as_start, checked, remade, softened
from .model import Model
from .sample import Sample


def usual_start(count: int) -> int:
    """Return the scale at which a composite enters a model of so many scales, unless it is told."""
    return count - 1 - HARMONISE_BACK


def harmonise(
    model: Model,
    composite: Any,
    mask: Any,
    *,
    start_scale: int | None = None,
    dilate: int = HARMONISE_DILATION.usual,
    feather: int = HARMONISE_FEATHER,
    seed: int | None = None,
    device: str = "auto",
    threads: int = 0,
) -> Sample:
    """Return a picture with an object pasted into it, which takes on the look of a model's picture.

    Parameters
    ----------
    model : Model
        Trained on the picture that the object was pasted into, without it.
    composite : array or PIL image
        The picture with the object. It has the size that the model makes, or any if training did not make its
        picture smaller; and its channels, but for an opaque alpha.
    mask : array or PIL image
        White where the object is; of the composite's size.
    start_scale : int, optional
        The scale at which the composite enters, 1 to the last: a coarser one changes the object more. By
        default the last but one.
    dilate : int
        Pixels that the mask grows by, 0 to 256.
    feather : int
        Pixels around that, over which the result passes into the composite, 0 to 256.
    seed, device, threads
        As for `patchloom.singan.sample`.

    Returns
    -------
    Sample
        Of the size, type, dtype and channels of the composite, and bit for bit the same beyond the feather.

    Raises
    ------
    InputError
        If something that was passed cannot be used.

    References
    ----------
    Rott Shaham et al., "SinGAN" (ICCV 2019), section 4, harmonization.
    """
    given = checked(model, composite, "composite")
    start = as_start(model, start_scale, usual_start(len(model.scales)))
    blend = softened(as_marked(mask, given.size), dilate, feather)
    return remade(model, given, blend, start, seed=seed, device=device, threads=threads)
