"""One picture out of several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import plans
from ..cancelling import cancelled_by
from ..params import GPNNParams
from ..plans.collage import ManyMaps, Places
from ..plans.material import Weights
from ..types import Result, Size
from .running import OnStep, run


def collage(
    sources: Sequence[Any],
    size: Size | None = None,
    *,
    places: Places = None,
    layout: Any = None,
    weights: Sequence[float] | None = None,
    maps: ManyMaps = None,
    map_weights: Weights = None,
    params: GPNNParams | None = None,
    seed: int | None = None,
    threads: int = 0,
    device: Any = "cpu",
    memory: int | str | None = None,
    on_step: OnStep | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Result:
    """Return one picture out of the patches of several, each of which appears.

    Parameters
    ----------
    sources, size, places, layout, weights, maps
        As for `patchloom.plans.collage`.
    map_weights, params, seed, threads, device, memory, on_step, cancel
        As for `patchloom.generate`; the numbers are by default ``PRESETS["collage"]``.

    Returns
    -------
    Result
        ``image`` has the first source's type, dtype and channels (a palette becomes RGB). Its field points into
        `patchloom.mosaic` of the sources, which is what `patchloom.apply` takes.

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
    Granot et al., "Drop the GAN" (CVPR 2022), section 4: collage; Simakov et al.,
    "Summarizing visual data using bidirectional similarity" (CVPR 2008).

    Examples
    --------
    >>> import numpy as np, patchloom
    >>> dark, light = np.full((32, 32), 40, np.uint8), np.full((32, 32), 200, np.uint8)
    >>> result = patchloom.collage([dark, light], size=(32, 64), seed=1)
    >>> result.image.shape, int(result.image[16, 4]), int(result.image[16, 60])
    ((32, 64), 40, 200)
    """
    with cancelled_by(cancel):
        plan = plans.collage(
            sources, size, places=places, layout=layout, weights=weights, maps=maps, map_weights=map_weights,
            params=params, seed=seed,
        )
        return run(plan, threads=threads, device=device, memory=memory, on_step=on_step, cancel=cancel)
