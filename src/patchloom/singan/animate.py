"""A picture that moves: a walk in the noise of its scales."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from ..checks import as_mask, as_real, as_seed, as_threads, as_whole, from_image
from ..errors import Cancelled, ParameterError, explain
from ..params.singan_tasks import ALPHA, ANIMATE_FEATHER, BETA, FRAMES, LEAST_ALPHA
from ..regions import as_feather, check_share, feathered
from ..resize import resize
from ..types import Image, Mask
from .devices import as_device, repeatable
from .growing import Level, as_image, grown, resized
from .model import Model
from .networks import Tensor
from .one_scale import Course
from .sample import Sample, check_model, course_of, levels_of, rebuilt

_WALK = 7                                                 # told apart from other uses of a seed
_FIRST = 0.05                                             # share of fresh noise in the first frame


@dataclass(frozen=True)
class Walk:
    """How noise changes from frame to frame.

    With w the noise's difference from z, that of the reconstruction, and u fresh noise,
    ``w_t = (1 - alpha) (w_{t-1} + beta (w_{t-1} - w_{t-2}) + (1 - beta) u_t)``. Without a loop it begins with 0 and
    ``0.05 (u - z)``, as published.

    Attributes
    ----------
    alpha : float
        How strongly it is drawn back to the reconstruction's.
    beta : float
        How much of its last step goes on.
    frames : int
        How many there are.
    loop : bool
        The last frame leads back to the first.
    """

    alpha: float
    beta: float
    frames: int
    loop: bool

    @property
    def weights(self) -> tuple[float, float, float]:
        """Of the last difference, the one before it, and fresh noise."""
        return (1 - self.alpha) * (1 + self.beta), -(1 - self.alpha) * self.beta, (1 - self.alpha) * (1 - self.beta)

    def differences(self, fresh: Callable[[int], Tensor], rest: Tensor) -> Iterator[Tensor]:
        """Yield each frame's difference from the reconstruction's noise `rest`; `fresh` draws noise for a frame."""
        if self.loop:
            last, before = self._closed(fresh)
            first = 0
        else:
            last = _FIRST * (fresh(0) - rest)
            before = torch.zeros_like(last)
            yield last
            first = 1
        for frame in range(first, self.frames):
            last, before = self._next(last, before, fresh(frame)), last
            yield last

    def _next(self, last: Tensor, before: Tensor, fresh: Tensor) -> Tensor:
        one, two, new = self.weights
        return one * last + two * before + new * fresh

    def _closed(self, fresh: Callable[[int], Tensor]) -> tuple[Tensor, Tensor]:
        """Return the last two differences of the one walk that ends where it began, with this noise.

        A round takes a state s (two differences) to M s + f, where f is what a round from zero ends at: the walk comes
        round if it begins at s = (I - M)^-1 f.
        """
        last = torch.zeros_like(fresh(0))
        before = last
        for frame in range(self.frames):
            last, before = self._next(last, before, fresh(frame)), last
        columns = []
        for state in ((1.0, 0.0), (0.0, 1.0)):            # what a round makes of each part of a state
            for _ in range(self.frames):
                state = self.weights[0] * state[0] + self.weights[1] * state[1], state[0]
            columns.append(state)
        (a, c), (b, d) = columns
        scale = (1 - a) * (1 - d) - b * c
        return ((1 - d) * last + b * before) / scale, (c * last + (1 - a) * before) / scale


def animate(
    model: Model,
    *,
    frames: int = FRAMES.usual,
    start_scale: int = 0,
    alpha: float = ALPHA.usual,
    beta: float = BETA.usual,
    loop: bool = True,
    mask: Any = None,
    feather: int = ANIMATE_FEATHER,
    seed: int | None = None,
    device: str = "auto",
    threads: int = 0,
    on_step: Callable[[int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Sample:
    """Make the picture that a model was trained on move.

    Parameters
    ----------
    model : Model
        Of `patchloom.singan.train`; best with the numbers of ``PRESETS["animate"]``, whose noise
        goes on around the picture: with zeros there, things move less towards the edges.
    frames : int
        2 to 1000.
    start_scale : int
        The scale at which noise enters, 0 (the coarsest: everything moves) to the last. From later ones on less moves,
        and in models of a few hundred iterations hardly anything.
    alpha : float
        How strongly the walk is drawn back to the picture, 0 to 1; of a loop at least 0.01. More is less motion.
    beta : float
        How smoothly things go on as they went, 0 to 0.99.
    loop : bool
        The last frame leads back to the first. Without, as published, the walk begins at the picture itself and
        ends anywhere.
    mask : array or PIL image, optional
        White where things move, of the size of the picture, or of what it was before it was made smaller for
        training. The rest is the picture itself, bit for bit, but for the feather.
    feather : int
        Pixels around the mask over which motion ends, 0 to 256.
    seed : int, optional
        0 to 2**64 - 1; by default a fresh one.
    device : str
        As for `patchloom.singan.train`.
    threads : int
        Of the CPU; 0 means `PATCHLOOM_THREADS`, or else all cores.
    on_step : callable, optional
        Called with the number of frames that are made.
    cancel : callable, optional
        Asked after each frame; true ends the work.

    Returns
    -------
    Sample
        With `frames`, each like the picture that the model was trained on.

    Raises
    ------
    InputError
        If something that was passed cannot be used.
    Cancelled
        If `cancel` asked for it.

    References
    ----------
    Rott Shaham et al., "SinGAN" (ICCV 2019), section 4 and its supplementary material. The loop is
    ours: the same walk, begun where it will end.
    """
    check_model(model)
    start = as_whole(start_scale, "start_scale", 0, len(model.scales) - 1)
    walk = as_walk(alpha, beta, frames, loop)
    own = own_picture(model)
    share = None if mask is None else feathered(_as_moving(mask, model), as_feather(feather))[..., None]
    seed, where, threads = as_seed(seed), as_device(device), as_threads(threads)
    made: list[Any] = []
    with repeatable(where, threads):
        for picture in _pictures(model, course_of(model, where, threads), walk, start, seed):
            image = as_image(picture)
            made.append(from_image(image if share is None else _over(own, image, share), model.kind))
            if on_step is not None:
                on_step(len(made))
            if cancel is not None and cancel():
                raise Cancelled("cancelled: the animation was asked to stop")
    return Sample(made[0], seed, tuple(made))


def as_walk(alpha: Any, beta: Any, frames: Any, loop: bool) -> Walk:
    """Return how noise changes from frame to frame, if that is one of the walks."""
    count = as_whole(frames, "frames", *FRAMES.limits)
    walk = Walk(as_real(alpha, "alpha", *ALPHA.limits), as_real(beta, "beta", *BETA.limits), count, loop)
    if loop and walk.alpha < LEAST_ALPHA:
        raise ParameterError(explain("alpha", alpha, f"must be at least {LEAST_ALPHA} for a loop",
                                     "ask for more, or for no loop"))
    return walk


def own_picture(model: Model) -> Image:
    """Return the picture that a model was trained on, at the finest scale that is there."""
    image: Image = np.clip(model.reals[len(model.scales) - 1], 0, 1)
    return image


def _as_moving(mask: Any, model: Model) -> Mask:
    """Return where things move; a mask of the picture as it was passed is brought to the model's size."""
    shape = getattr(mask, "size", None)
    shape = shape[::-1] if isinstance(shape, tuple) else np.shape(mask)[:2]
    if tuple(shape) == model.own_size != model.size:
        given = as_mask(mask, model.own_size).astype(np.float32)[..., None]
        moving: Mask = np.asarray(resize(given, model.size)[..., 0] >= np.float32(0.5))
    else:
        moving = as_mask(mask, model.size)
    check_share(moving, "mask")
    return moving


def _over(own: Image, made: Image, share: Image) -> Image:
    """Return what was made over the picture itself, whose values stay as they are where the share is 0."""
    blended: Image = np.where(share == 1, made, np.where(share > 0, own + share * (made - own), own))
    return blended


def _pictures(model: Model, course: Course, walk: Walk, start: int, seed: int) -> Iterator[Tensor]:
    """Yield the frames (1, C, H, W)."""
    levels, sizes = levels_of(model, course.device), model.sizes
    below = resized(rebuilt(model, levels[:start], course.device), sizes[start], 1 / model.ratio) if start else None
    noises = [_noise(course, walk, scale, seed) for scale in range(start, len(levels))]
    for _ in range(walk.frames):
        units = [next(noise) for noise in noises]
        yield _frame(levels, model, units, start, below)


def _frame(levels: tuple[Level, ...], model: Model, units: list[Tensor], start: int, below: Tensor) -> Tensor:
    return grown(levels, model.sizes, lambda scale, size: units[scale - start], ratio=model.ratio, first=start,
                 start=below)


def _noise(course: Course, walk: Walk, scale: int, seed: int) -> Iterator[Tensor]:
    """Yield a scale's noise for each frame."""
    size, draw = course.sizes[scale], replace(course.draw, seed=seed)
    rest = course.reconstruction_noise(scale, size)
    for difference in walk.differences(lambda frame: draw(scale, size, _WALK, frame), rest):
        yield rest + difference
