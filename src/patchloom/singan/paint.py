"""A painting, made into a picture with the patches of the one that a model was trained on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..checks import as_seed, as_size, as_threads, from_image
from ..errors import ParameterError, explain
from ..params.singan_tasks import COLOURS, PAINT_START
from ..types import Size
from .devices import as_device, repeatable
from .growing import as_image, as_tensor
from .injecting import as_given, as_start, draw_for, injected
from .model import Model
from .quantise import Quantised, quantised
from .sample import Sample, check_model, levels_of
from .scales import LEAST
from .train import Step


def paint(
    model: Model,
    painting: Any,
    *,
    start_scale: int | None = None,
    quantise: bool | Quantised = False,
    colours: int | None = None,
    iterations: int | None = None,
    size: Size | None = None,
    seed: int | None = None,
    device: str = "auto",
    threads: int = 0,
    on_step: Callable[[Step], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Sample:
    """Return a picture with the layout of a painting and the patches of a model's picture.

    Parameters
    ----------
    model : Model
        Of `patchloom.singan.train` or `patchloom.io.load_model`.
    painting : array or PIL image
        In about the colours of the model's picture, and with its channels, but for an opaque alpha. Of any size: it is
        stretched to the result's.
    start_scale : int, optional
        The scale at which the painting enters, 1 to the last: a coarser one leaves more of it open. By default 2.
    quantise : bool or Quantised
        Reduce the painting to a few colours of the picture, and train that scale anew for such; or what `quantised`
        made of it before, with its own `start_scale`, `colours` and `iterations`.
    colours : int, optional
        How many, 2 to 64; by default 5.
    iterations : int, optional
        Of that training; by default as many as the model was trained with.
    size : (rows, columns), optional
        Of the result, at least 11 on each side; by default that of the picture in training.
    seed, device, threads
        As for `patchloom.singan.sample`.
    on_step, cancel : callable, optional
        For that training; as for `patchloom.singan.train`.

    Returns
    -------
    Sample
        Of the type, dtype and channels of the model's picture: it is a new one.

    Raises
    ------
    InputError
        If something that was passed cannot be used.
    Cancelled
        If `cancel` asked for it.

    References
    ----------
    Rott Shaham et al., "SinGAN" (ICCV 2019), section 4, paint-to-image.
    """
    check_model(model)
    given = as_given(model, painting, "painting")
    wanted = model.size if size is None else as_size(size, least=LEAST)
    start, seed = as_start(model, start_scale, PAINT_START), as_seed(seed)
    where, count = as_device(device), as_threads(threads)
    learned = None
    if quantise is True:
        learned = quantised(model, start_scale=start, colours=COLOURS.usual if colours is None else colours,
                            iterations=iterations, device=device, threads=threads, on_step=on_step, cancel=cancel)
    else:
        _check_alone(quantise, colours, iterations)
    if isinstance(quantise, Quantised):
        learned = _as_learned(quantise, model, start_scale)
        start = learned.start_scale
    with repeatable(where, count):
        used = model if learned is None else learned.model
        more = () if learned is None else (learned.through,)
        draw = draw_for(used, seed, where, count)
        made = injected(used, levels_of(used, where), as_tensor(given.image, where), wanted, start, draw, *more)
        image = as_image(made)
    return Sample(from_image(image, model.kind), seed)


def _check_alone(quantise: Any, colours: int | None, iterations: int | None) -> None:
    """Raise `ParameterError` if something is said of a training that is not done."""
    if quantise is not False and not isinstance(quantise, Quantised):
        raise ParameterError(explain("quantise", repr(quantise), "must be True, False or what singan.quantised made"))
    for name, value in (("colours", colours), ("iterations", iterations)):
        if value is not None:
            raise ParameterError(explain(name, value, "is of the training for quantise=True", "leave it out"))


def _same_training(one: Model, other: Model) -> bool:
    """Tell whether two models come from one training, as those do that were read from one file."""
    alike = one.seed == other.seed and one.params == other.params and len(one.scales) == len(other.scales)
    return alike and np.array_equal(one.image, other.image)


def _as_learned(learned: Quantised, model: Model, start_scale: int | None) -> Quantised:
    """Return a scale that was trained before, if it is of this model and the one that was asked for."""
    if not _same_training(learned.model, model):
        raise ParameterError(explain("quantise", "a scale of another model", "must be of the one that is passed",
                                     "make it with patchloom.singan.quantised"))
    if start_scale not in (None, learned.start_scale):
        raise ParameterError(explain("start_scale", start_scale, f"the scale that was trained is {learned.start_scale}",
                                     "leave it out"))
    return learned
