"""Other sizes and shapes of the same picture, its objects as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import plans
from ..cancelling import cancelled_by
from ..params import GPNNParams
from ..plans.material import Maps, Weights
from ..types import Result, Size
from .running import OnStep, run


def retarget(
    source: Any,
    size: Size,
    *,
    steps: int | None = None,
    protect: Any = None,
    remove: Any = None,
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
    """Return the picture at another size or shape, whose objects keep theirs.

    Parameters
    ----------
    source : array or PIL image
        Anything that `patchloom.generate` takes.
    size : (rows, columns)
        Size of the result in pixels.
    steps : int, optional
        In how many steps the coarsest level comes to its size, 1 (at once) to 64; by default
        in as many as change no side by more than a tenth, or by 6 % where one grows.
    protect : array or PIL image, optional
        A mask of the source's size: each connected white region is in the result pixel for
        pixel, at its place relative to the frame.
    remove : array or PIL image, optional
        A mask of the source's size: nothing that is white is in the result.
    maps, map_weights, params, seed, threads, device, memory, on_step, cancel
        As for `patchloom.generate`; `params` is by default ``PRESETS["retarget"]``.

    Returns
    -------
    Result
        ``image`` has the source's type, dtype and channels.

    Raises
    ------
    InputError
        If something that was passed cannot be used, or the protected regions do not fit.
    MemoryBudgetError
        If the run would need more than `memory`.
    Cancelled
        If `cancel` asked for it.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4.2; Simakov et al., "Summarizing
    visual data using bidirectional similarity" (CVPR 2008).

    Examples
    --------
    >>> import numpy as np, patchloom
    >>> stripes = np.tile(np.arange(32, dtype=np.uint8)[None] % 8 * 30, (32, 1))
    >>> patchloom.retarget(stripes, (32, 48), seed=1).image.shape
    (32, 48)
    """
    with cancelled_by(cancel):
        plan = plans.retarget(
            source, size, steps=steps, protect=protect, remove=remove, maps=maps, map_weights=map_weights,
            params=params, seed=seed,
        )
        return run(plan, threads=threads, device=device, memory=memory, on_step=on_step, cancel=cancel)
