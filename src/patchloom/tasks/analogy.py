"""The structure of one picture with the patches of another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import plans
from ..cancelling import cancelled_by
from ..params import GPNNParams
from ..plans.material import Maps, Weights
from ..types import Result, Size
from .running import OnStep, run


def analogy(
    source: Any,
    structure: Any,
    *,
    colours: str = "auto",
    detail: float = 0.0,
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
    """Return a picture with the structure of one and the patches of another.

    Parameters
    ----------
    source, structure, colours, detail, size
        As for `patchloom.plans.analogy`.
    maps, map_weights, params, seed, threads, device, memory, on_step, cancel
        As for `patchloom.generate`; the numbers are by default ``PRESETS["analogy"]``;
        ``"style"`` and ``"sketch"`` are for paintings and drawings. Maps follow
        the patches of the source, but cannot weigh in the search.

    Returns
    -------
    Result
        ``image`` has the source's type, dtype and channels and the structure's size.

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
    Granot et al., "Drop the GAN" (CVPR 2022), section 4: structural analogies; Benaim et al.,
    "Structural-analogy from a Single Image Pair" (2020).

    Examples
    --------
    >>> import numpy as np, patchloom
    >>> stripes = np.tile(np.arange(32, dtype=np.uint8)[None] % 8 * 30, (32, 1))
    >>> halves = np.repeat(np.array([[0, 210]], np.uint8), 24, axis=1).repeat(40, axis=0)
    >>> result = patchloom.analogy(stripes, halves, seed=1)
    >>> result.image.shape, result.image.dtype
    ((40, 48), dtype('uint8'))
    """
    with cancelled_by(cancel):
        plan = plans.analogy(
            source, structure, colours=colours, detail=detail, size=size, maps=maps, map_weights=map_weights,
            params=params, seed=seed,
        )
        return run(plan, threads=threads, device=device, memory=memory, on_step=on_step, cancel=cancel)
