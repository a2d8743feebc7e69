"""The training: one loop from the coarsest scale to the finest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ..checks import as_image, as_seed, as_threads
from ..errors import Cancelled, ParameterError, explain
from ..params import SINGAN_PRESETS, SinGANParams
from ..resize import resize
from .devices import as_device, as_precision, repeatable
from .growing import Level, as_tensor
from .model import LOSSES, Model, Scale, Unfinished
from .networks import restored, weights_of
from .one_scale import Course, ScaleTraining
from .scales import finest_size, fitted_ratio


@dataclass(frozen=True, eq=False)
class Step:
    """An iteration of a training, as the loop yields it.

    Attributes
    ----------
    scale : int
        0 is the coarsest.
    scales : int
        How many there are.
    iteration : int
        Counted from 0 at each scale.
    iterations : int
        How many this scale has, as far as is known: it may end earlier.
    last_of_scale, last : bool
        True for the last iteration of a scale, and of the training.
    look : callable
        Makes `losses`.
    keep : callable
        Makes `model`.
    """

    scale: int
    scales: int
    iteration: int
    iterations: int
    last_of_scale: bool
    last: bool
    look: Callable[[], dict[str, float]]
    keep: Callable[[], Model]

    @property
    def losses(self) -> dict[str, float]:
        """By the names of `LOSSES`; before the next step only, and a GPU has to be waited for."""
        return self.look()

    @property
    def model(self) -> Model:
        """A copy of all that is trained so far; before the next step only."""
        return self.keep()


def train(
    image: Any,
    *,
    params: SinGANParams | None = None,
    seed: int | None = None,
    device: str = "auto",
    threads: int = 0,
    compiled: bool = False,
    resume: Model | None = None,
    on_step: Callable[[Step], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Model:
    """Train a SinGAN on a picture: a generator at each scale that learns its patches.

    Parameters
    ----------
    image : array or PIL image
        (H, W) or (H, W, C); larger ones are trained at `max_size`.
    params : SinGANParams, optional
        The numbers; by default ``SINGAN_PRESETS["default"]``.
    seed : int, optional
        0 to 2**64 - 1; the same gives the same weights on the same device with the same number
        of threads and version of torch. By default a fresh one, which the model keeps.
    device : str
        ``auto`` (CUDA, MPS or CPU, the first that is there), ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
    threads : int
        Of the CPU; 0 means `PATCHLOOM_THREADS`, or else all cores.
    compiled : bool
        Compile the generators with `torch.compile`: slow to begin, needs a compiler. The weights differ by
        rounding, so a training that goes on needs the same choice to end with the same ones.
    resume : Model, optional
        Of a training of this picture with these numbers that was stopped: go on from there.
    on_step : callable, optional
        Called with each `Step`.
    cancel : callable, optional
        Asked after each iteration; true ends the training.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        If something that was passed cannot be used.
    Cancelled
        If `cancel` asked for it.

    References
    ----------
    Rott Shaham et al., "SinGAN" (ICCV 2019).

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import singan
    >>> ramp = np.linspace(0, 255, 16 * 20).reshape(16, 20).astype(np.uint8)
    >>> tiny = singan.SinGANParams(min_size=12, iterations=2, channels=4)
    >>> model = singan.train(ramp, params=tiny, seed=1, device="cpu", threads=1)
    >>> model.count, model.sizes
    (3, ((12, 15), (14, 18), (16, 20)))
    """
    made = None
    for step in steps(image, params=params, seed=seed, device=device, threads=threads, compiled=compiled,
                      resume=resume):
        if on_step is not None:
            on_step(step)
        if cancel is not None and cancel():
            raise Cancelled("cancelled: the training was asked to stop")
        made = step.model if step.last else None
    if made is not None:
        return made
    assert resume is not None                             # a training that was through already has no steps
    return resume


def steps(
    image: Any, *, params: SinGANParams | None = None, seed: int | None = None, device: str = "auto",
    threads: int = 0, compiled: bool = False, resume: Model | None = None,
) -> Iterator[Step]:
    """Yield each iteration of a training: for progress, preview, checkpoints, or to stop.

    Parameters and errors are those of `train`. Nothing is done before the first step is asked for, but
    what was passed is checked.

    Yields
    ------
    Step
    """
    if resume is not None and not isinstance(resume, Model):
        raise ParameterError(explain("resume", type(resume).__name__, "must be a model of patchloom.singan",
                                     "read one with patchloom.io.load_model"))
    usual = resume.params if params is None and resume is not None else params
    begun = begin_model(image, params=usual, seed=seed, device=device)
    if resume is not None:
        begun = check_resumed(begun, resume, given=params is not None, seeded=seed is not None)
    as_precision(begun.precision, as_device(device))      # which is another device's, if the training goes on elsewhere
    return _steps(begun, device, as_threads(threads), compiled)


def begin_model(image: Any, *, params: SinGANParams | None, seed: int | None, device: str) -> Model:
    """Return a model without scales: all that is known before a training."""
    if params is not None and not isinstance(params, SinGANParams):
        raise ParameterError(explain("params", type(params).__name__, "must be SinGANParams",
                                     'try patchloom.singan.PRESETS["paper"]'))
    pixels, kind = as_image(image, "image")
    params = params or SINGAN_PRESETS["default"]
    size = finest_size((pixels.shape[0], pixels.shape[1]), params)
    fitted_ratio(size, params)                            # refuses what has no such scales
    own = (pixels.shape[0], pixels.shape[1])
    finest = np.clip(resize(pixels, size), 0, 1)
    model = Model(finest, kind, params, as_seed(seed), (), own, as_precision(params.precision, as_device(device)))
    return model


def check_resumed(begun: Model, resume: Model, *, given: bool, seeded: bool) -> Model:
    """Return a model that was stopped, if it is of the same picture, numbers and seed.

    Raises
    ------
    ParameterError
        If it is not.
    """
    asked = {"seed": begun.seed} if seeded else {}
    asked |= asdict(begun.params) if given else {}
    kept = {"seed": resume.seed, **asdict(resume.params)}
    for name, value in asked.items():
        if value != kept[name]:
            raise ParameterError(explain(name, value, f"the training that goes on has {kept[name]}",
                                         "leave it out, or train anew"))
    if begun.image.shape != resume.image.shape or not np.array_equal(begun.image, resume.image):
        raise ParameterError(explain("resume", "a model of another picture", "must be of the one that is passed",
                                     "pass its own, or train anew"))
    return resume


def _steps(model: Model, device_name: str, threads: int, compiled: bool) -> Iterator[Step]:
    device = as_device(device_name)
    with repeatable(device, threads):
        course = Course(model.params, model.seed, tuple(as_tensor(real, device) for real in model.reals), model.ratio,
                        device, model.precision, compiled, threads)
        levels, critic = _trained(model, course)
    done = list(model.scales[: len(levels)])
    for scale in range(len(levels), model.count):
        with repeatable(device, threads):
            training = ScaleTraining(course, tuple(levels))
            if scale < len(model.scales):
                assert model.unfinished is not None
                training.take(model.scales[scale], model.unfinished.critic, model.unfinished.adam)
            elif done:
                training.inherit(done[-1].generator, critic)
        while not training.ended:
            with repeatable(device, threads):
                training.iterate()
            yield _step(model, tuple(done), training)
        with repeatable(device, threads):
            done.append(training.made())
            levels.append(training.level())
            critic = weights_of(training.critic)


def _trained(model: Model, course: Course) -> tuple[list[Level], Any]:
    """Return the scales that are through, and the last one's critic."""
    through = len(model.scales) - bool(model.unfinished and model.unfinished.adam)
    levels = [
        Level(restored(scale.generator, model.channels, model.channels, course.device).requires_grad_(False),
              scale.amplitude)
        for scale in model.scales[:through]
    ]
    return levels, model.unfinished.critic if model.unfinished else None


def _step(model: Model, done: tuple[Scale, ...], training: ScaleTraining) -> Step:
    """Return what an iteration tells."""
    last = training.ended and training.scale + 1 == model.count

    def look() -> dict[str, float]:
        return dict(zip(LOSSES, map(float, training.record()[-1]), strict=True))

    def keep() -> Model:
        rest = None
        with repeatable(training.course.device, training.course.threads):
            if not last:
                rest = Unfinished(weights_of(training.critic), {} if training.ended else training.moments())
            return replace(model, scales=(*done, training.made()), unfinished=rest)

    return Step(training.scale, model.count, training.iteration - 1, training.schedule.end, training.ended, last, look,
                keep)
