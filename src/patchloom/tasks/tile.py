"""Making a picture fit its own opposite edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import plans
from ..cancelling import cancelled_by
from ..params import GPNNParams
from ..plans.material import Maps, Weights
from ..types import Result, Size
from .running import OnStep, run


def tile(
    image: Any,
    *,
    axes: str = "xy",
    keep: float = 0.8,
    feather: int = 0,
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
    """Return the picture made tileable, changed only in a band along its edges.

    Parameters
    ----------
    image : array or PIL image
        Anything that `patchloom.generate` takes.
    axes : {"xy", "x", "y"}
        Directions in which it is to go on at its opposite edge.
    keep : float
        Least share of the pixels that stay as they are, 0.1 to 0.99.
    feather : int
        Pixels at the band's inner border over which the result passes into the picture,
        0 to 256; they lie within the band.
    size : (rows, columns), optional
        What the picture is brought to first; by default it keeps its own.
    maps, map_weights, params, seed, threads, device, memory, on_step, cancel
        As for `patchloom.generate`; `params` is by default ``PRESETS["tile"]``.

    Returns
    -------
    Result
        ``image`` has the type, dtype and channels of the picture and is not rolled; outside of
        the band it is the picture, bit for bit. See `patchloom.repeated` for a look at it.

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
    Granot et al., "Drop the GAN" (CVPR 2022), section 4, for filling a part of a picture.

    Examples
    --------
    >>> import numpy as np, patchloom
    >>> ramp = np.tile(np.arange(0, 240, 6, dtype=np.uint8), (40, 1))
    >>> made = patchloom.tile(ramp, axes="x", seed=1)
    >>> made.image.shape, float((made.image == ramp).mean()) >= 0.8
    ((40, 40), True)
    """
    with cancelled_by(cancel):
        plan = plans.tile(
            image, axes=axes, keep=keep, feather=feather, size=size, maps=maps, map_weights=map_weights,
            params=params, seed=seed,
        )
        return run(plan, threads=threads, device=device, memory=memory, on_step=on_step, cancel=cancel)
