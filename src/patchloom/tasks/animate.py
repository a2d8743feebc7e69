"""A short loop from a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import plans
from ..cancelling import cancelled_by
from ..params import GPNNParams
from ..plans.material import Maps, Weights
from ..types import Result, Size
from .running import OnStep, run


def animate(
    source: Any,
    *,
    frames: int = 24,
    motion: float = 1.0,
    mask: Any = None,
    feather: int = 8,
    size: Size | None = None,
    maps: Maps = None,
    map_weights: Weights = None,
    params: GPNNParams | None = None,
    seed: int | None = None,
    threads: int = 0,
    device: Any = "cpu",
    memory: int | str | None = None,
    on_step: OnStep | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Result:
    """Return a short loop in which the things in a picture move a little.

    Parameters
    ----------
    source : array or PIL image
        See `patchloom.generate`; each side at least ``params.patch_size``.
    frames : int
        Of the loop, 4 to 240; more make it smoother.
    motion : float
        How far things typically move, in per cent of the shorter side, 0.1 to 20.
    mask : array or PIL image, optional
        White where things move; all else stays as it is, bit for bit, but for the feather.
    feather : int
        Pixels around the mask over which motion ends, 0 to 256.
    size : (rows, columns), optional
        What the picture, its maps and the mask are brought to first.
    maps, map_weights
        As for `patchloom.generate`; ``Result.maps`` has a tuple of frames of each.
    params : GPNNParams, optional
        By default ``PRESETS["animate"]``, where ``coarsest`` 0 is half the picture. A smaller
        one rearranges more, and moves less smoothly.
    seed, threads, device, memory, on_step, cancel
        As for `patchloom.generate`.

    Returns
    -------
    Result
        ``frames`` is the loop, each of the source's type; ``image`` is the first of them. ``nnf``
        is the field of the first, before it was brought together with those beside it.

    Raises
    ------
    InputError
        If something that was passed cannot be used.
    MemoryBudgetError
        If the run would need more than `memory`.
    Cancelled
        If `cancel` asked for it.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022); Rott Shaham et al., "SinGAN" (ICCV 2019), section 4.

    Examples
    --------
    >>> import numpy as np, patchloom
    >>> stripes = np.tile(np.arange(32, dtype=np.uint8)[None] % 8 * 30, (32, 1))
    >>> result = patchloom.animate(stripes, frames=6, seed=1)
    >>> len(result.frames), result.frames[0].shape, result.frames[0] is result.image
    (6, (32, 32), True)
    """
    with cancelled_by(cancel):
        plan = plans.animate(
            source, frames=frames, motion=motion, mask=mask, feather=feather, size=size, maps=maps,
            map_weights=map_weights, params=params, seed=seed,
        )
        return run(plan, threads=threads, device=device, memory=memory, on_step=on_step, cancel=cancel)
