"""A crude edit of the picture that a model was trained on, made seamless."""

from __future__ import annotations

from typing import Any

from ..compare import changed
from ..errors import ParameterError, explain
from ..params.singan_tasks import EDIT_BACK, EDIT_DILATION, EDIT_FEATHER
from ..types import Mask
from .injecting import Given, as_marked, as_start, checked, remade, softened
from .model import Model
from .sample import Sample


def usual_start(count: int) -> int:
    """Return the scale at which an edit enters a model of so many scales, unless it is told."""
    return count - 1 - EDIT_BACK


def edit(
    model: Model,
    edited: Any,
    mask: Any = None,
    *,
    start_scale: int | None = None,
    dilate: int = EDIT_DILATION.usual,
    feather: int = EDIT_FEATHER,
    seed: int | None = None,
    device: str = "auto",
    threads: int = 0,
) -> Sample:
    """Return a crude edit of a model's picture made seamless.

    Parameters
    ----------
    model : Model
        Trained on the picture before the edit.
    edited : array or PIL image
        The same with parts of it copied, moved or painted over. It has the size that the model makes, or any if
        training did not make its picture smaller; and its channels, but for an opaque alpha.
    mask : array or PIL image, optional
        White where the edit is; of the size of `edited`. By default where it differs from the picture in training, for
        which it has to have that one's size.
    start_scale : int, optional
        The scale at which the edit enters, 1 to the last: a coarser one changes it more. By default two
        before the last.
    dilate : int
        Pixels that the mask grows by, 0 to 256.
    feather : int
        Pixels around that, over which the result passes into `edited`, 0 to 256.
    seed, device, threads
        As for `patchloom.singan.sample`.

    Returns
    -------
    Sample
        Of the size, type, dtype and channels of `edited`, and bit for bit the same beyond the feather.

    Raises
    ------
    InputError
        If something that was passed cannot be used, or the mask is left out and nothing differs.

    References
    ----------
    Rott Shaham et al., "SinGAN" (ICCV 2019), section 4, editing.
    """
    given = checked(model, edited, "edited")
    start = as_start(model, start_scale, usual_start(len(model.scales)))
    part = _differing(model, given) if mask is None else as_marked(mask, given.size)
    blend = softened(part, dilate, feather, "edited" if mask is None else "mask")
    return remade(model, given, blend, start, seed=seed, device=device, threads=threads)


def _differing(model: Model, given: Given) -> Mask:
    """Return where an edit differs from the picture in training."""
    if given.size != model.size:
        raise ParameterError(
            explain("mask", None, f"edited is {given.size[1]} x {given.size[0]} pixels and the model's picture "
                    f"{model.size[1]} x {model.size[0]}: where they differ cannot be seen", "pass a mask")
        )
    return changed(model.reals[len(model.scales) - 1], given.image, "the model's picture")
