"""Making a pasted object look as if it belonged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import plans
from ..cancelling import cancelled_by
from ..params import GPNNParams
from ..plans.material import Maps, Weights
from ..types import Result, Size
from .running import OnStep, run


def harmonise(
    image: Any,
    mask: Any,
    *,
    strength: float = 0.8,
    texture: float = 1.0,
    feather: int = 3,
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
    """Return the picture with a pasted object in the colours and the texture of what surrounds it.

    Parameters
    ----------
    image, mask, strength, texture, feather, size
        As for `patchloom.plans.harmonise`.
    maps, map_weights, params, seed, threads, device, memory, on_step, cancel
        As for `patchloom.generate`; the numbers are by default ``PRESETS["harmonise"]``. Maps follow
        the patches; only the picture changes its colours.

    Returns
    -------
    Result
        ``image`` has the picture's type, dtype and channels; pixels outside of the feathered mask are its own.

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
    Rott Shaham et al., "SinGAN" (ICCV 2019): harmonisation; Reinhard et al., "Color transfer between
    images" (2001): means and spreads.

    Examples
    --------
    >>> import numpy as np, patchloom
    >>> picture = np.full((40, 40), 60, np.uint8)
    >>> picture[10:24, 10:24] = 200
    >>> result = patchloom.harmonise(picture, picture == 200, strength=1, seed=1)
    >>> int(result.image[16, 16]), int(result.image[36, 36])
    (60, 60)
    """
    with cancelled_by(cancel):
        plan = plans.harmonise(
            image, mask, strength=strength, texture=texture, feather=feather, size=size, maps=maps,
            map_weights=map_weights, params=params, seed=seed,
        )
        return run(plan, threads=threads, device=device, memory=memory, on_step=on_step, cancel=cancel)
