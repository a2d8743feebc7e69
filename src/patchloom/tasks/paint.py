"""Paintings of flat colours that become pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import plans
from ..cancelling import cancelled_by
from ..params import GPNNParams
from ..plans.material import Maps, Weights
from ..types import Result, Size
from .running import OnStep, run


def paint(
    source: Any,
    painting: Any,
    *,
    colours: str = "keep",
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
    """Return a picture that is laid out like a painting and looks like the source.

    Parameters
    ----------
    source, painting, colours, size
        As for `patchloom.plans.paint`.
    maps, map_weights, params, seed, threads, device, memory, on_step, cancel
        As for `patchloom.generate`; the numbers are by default ``PRESETS["paint"]``. Maps follow
        the patches of the source, but cannot weigh in the search.

    Returns
    -------
    Result
        ``image`` has the source's type, dtype and channels and the painting's size.

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
    Rott Shaham et al., "SinGAN" (ICCV 2019): paint to image.

    Examples
    --------
    >>> import numpy as np, patchloom
    >>> stripes = np.tile(np.arange(32, dtype=np.uint8)[None] % 8 * 30, (32, 1))
    >>> halves = np.repeat(np.array([[0, 210]], np.uint8), 24, axis=1).repeat(40, axis=0)
    >>> result = patchloom.paint(stripes, halves, seed=1)
    >>> result.image.shape, result.image.dtype
    ((40, 48), dtype('uint8'))
    """
    with cancelled_by(cancel):
        plan = plans.paint(
            source, painting, colours=colours, size=size, maps=maps, map_weights=map_weights, params=params,
            seed=seed,
        )
        return run(plan, threads=threads, device=device, memory=memory, on_step=on_step, cancel=cancel)
