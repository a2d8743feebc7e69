"""A picture in a few colours, and a scale that is trained on such ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ..checks import as_threads, as_whole
from ..errors import Cancelled
from ..params.singan_tasks import COLOURS, PAINT_START
from .devices import as_device, has_bfloat16, repeatable
from .injecting import as_start
from .model import LOSSES, Model, Scale
from .networks import Tensor
from .one_scale import ScaleTraining
from .sample import check_model, course_of, levels_of
from .train import Step

_ROUNDS = 100                                             # of moving centres to their means, at most

Colours = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Quantised:
    """A scale of a model that was trained anew, on pictures in a few colours.

    Attributes
    ----------
    model : Model
        With that scale instead of its own.
    start_scale : int
        Which.
    centres : float64 array (colours, C)
        The colours, on [-1, 1].
    """

    model: Model
    start_scale: int
    centres: Colours

    def through(self, picture: Tensor) -> Tensor:
        """Return a picture (1, C, H, W) with each pixel's nearest of the colours, the first of equals."""
        return nearest(picture, self.centres)


def quantised(
    model: Model,
    *,
    start_scale: int | None = None,
    colours: int = COLOURS.usual,
    iterations: int | None = None,
    device: str = "auto",
    threads: int = 0,
    on_step: Callable[[Step], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Quantised:
    """Train a scale of a model anew, so that it makes pictures from flat areas of a few colours.

    What `paint` does for ``quantise=True``, to be done once for several paintings or seeds.

    Parameters
    ----------
    model : Model
        Which is left as it is.
    start_scale : int, optional
        As for `paint`.
    colours : int
        How many, 2 to 64; fewer if the picture has no more. Those of the training picture at that scale.
    iterations : int, optional
        By default as many as the model was trained with.
    device, threads, on_step, cancel
        As for `patchloom.singan.train`; the seed is that of the training.

    Returns
    -------
    Quantised

    Raises
    ------
    InputError
        If something that was passed cannot be used.
    Cancelled
        If `cancel` asked for it.
    """
    check_model(model)
    start, count = as_start(model, start_scale, PAINT_START), as_whole(colours, "colours", *COLOURS.limits)
    where, threads = as_device(device), as_threads(threads)
    params = model.params if iterations is None else replace(model.params, iterations=iterations)
    real = model.reals[start]
    centres = 2 * centres_of(real.reshape(-1, model.channels), count) - 1
    with repeatable(where, threads):
        precision = model.precision if has_bfloat16(where) else "float32"    # the model may be another machine's
        course = replace(course_of(model, where, threads), params=params, precision=precision)
        training = ScaleTraining(course, levels_of(model, where)[:start], lambda picture: nearest(picture, centres))
    while not training.ended:
        with repeatable(where, threads):
            training.iterate()
        if on_step is not None:
            on_step(_step(model, training))
        if cancel is not None and cancel():
            raise Cancelled("cancelled: the training was asked to stop")
    with repeatable(where, threads):
        return Quantised(_with_scale(model, start, training.made()), start, centres)


def _with_scale(model: Model, place: int, scale: Scale) -> Model:
    """Return a model with another scale in place of its own."""
    return replace(model, scales=(*model.scales[:place], scale, *model.scales[place + 1 :]))


def _step(model: Model, training: ScaleTraining) -> Step:
    def keep() -> Model:
        with repeatable(training.course.device, training.course.threads):
            return _with_scale(model, training.scale, training.made())

    return Step(
        training.scale, model.count, training.iteration - 1, training.schedule.end, training.ended, training.ended,
        lambda: dict(zip(LOSSES, map(float, training.record()[-1]), strict=True)),
        keep,
    )


def nearest(picture: Tensor, centres: Colours) -> Tensor:
    """Return a picture (1, C, H, W) with the nearest of some colours at each pixel, the first of equals."""
    colours = torch.from_numpy(centres.astype(np.float32)).to(picture)
    best, found = picture.new_full((1, 1, *picture.shape[-2:]), torch.inf), torch.zeros_like(picture)
    for colour in colours:
        of = colour.reshape(1, -1, 1, 1)
        far = ((picture - of) ** 2).sum(dim=1, keepdim=True)
        found = torch.where(far < best, of, found)
        best = torch.minimum(best, far)
    return found


def centres_of(pixels: npt.NDArray[Any], count: int) -> Colours:
    """Return the means that pixels gather around: k-means, the same for the same pixels.

    Parameters
    ----------
    pixels : array (N, C)
        At least one.
    count : int
        How many at most: there are no more than different pixels.

    Returns
    -------
    float64 array (count, C)

    Notes
    -----
    It begins with one group and halves the one with the largest sum of squares, at the mean of its widest
    channel, until there are enough; then each pixel goes to its nearest mean, and the means follow (Lloyd).
    """
    pixels = pixels.astype(np.float64)
    groups = [pixels]
    while len(groups) < count:
        spreads = [float(((group - group.mean(axis=0)) ** 2).sum()) for group in groups]
        if max(spreads) <= 0 or not _halve(groups, int(np.argmax(spreads))):
            break
    centres = np.stack([group.mean(axis=0) for group in groups])
    label = _labels(pixels, centres)
    for _ in range(_ROUNDS):
        own = [pixels[label == number] for number in range(len(centres))]
        centres = np.stack([group.mean(axis=0) if len(group) else old for group, old in zip(own, centres, strict=True)])
        before, label = label, _labels(pixels, centres)
        if np.array_equal(before, label):
            break
    return centres


def _halve(groups: list[Colours], place: int) -> bool:
    """Replace a group by two; False if rounding leaves all on one side."""
    group = groups[place]
    widest = group.var(axis=0).argmax()
    low = group[:, widest] < group[:, widest].mean()
    if low.all() or not low.any():
        return False
    groups[place : place + 1] = [group[low], group[~low]]
    return True


def _labels(pixels: Colours, centres: Colours) -> npt.NDArray[np.intp]:
    far = np.stack([((pixels - centre) ** 2).sum(axis=1) for centre in centres])
    return far.argmin(axis=0)
