"""A crude edit, made seamless."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import plans
from ..cancelling import cancelled_by
from ..params import GPNNParams
from ..plans.material import Maps, Weights
from ..types import Result, Size
from .running import OnStep, run


def edit(
    source: Any,
    edited: Any,
    *,
    region: Any = "auto",
    feather: int | None = None,
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
    """Return a crude edit of a picture made seamless, with patches of the picture before it.

    Parameters
    ----------
    source : array or PIL image
        The picture before the edit: anything that `patchloom.generate` takes.
    edited : array or PIL image
        The same with parts of it copied, moved or painted over, as any painting program
        leaves it. An opaque alpha may come or go; otherwise the channels must be the same.
    region : str, array or PIL image
        What may change: ``"auto"``, where the two differ and a margin around; ``"all"``, the
        whole picture (`edited` may then be of another size); or a mask, white where it may.
        Everything beyond the region and its soft border is `edited`, bit for bit.
    feather : int, optional
        Pixels around the region over which the result passes into `edited`, 0 to 256; by
        default a fiftieth of the longer side.
    size : (rows, columns), optional
        What both pictures, the maps and the mask are brought to first.
    maps : mapping of str to array or PIL image, optional
        Pictures of the source's size. They follow in the region, and are left alone elsewhere.
    map_weights : mapping of str to float, optional
        None may be above 0: the edit has no such map.
    params, seed, threads, device, memory, on_step, cancel
        As for `patchloom.generate`; `params` is by default ``PRESETS["edit"]``. A smaller
        ``coarsest`` melts the edit into the picture, a larger one keeps it as it is.

    Returns
    -------
    Result
        ``image`` has the size, type, dtype and channels of `edited`.

    Raises
    ------
    InputError
        If something that was passed cannot be used, or the two pictures do not fit or do not
        differ.
    MemoryBudgetError
        If the run would need more than `memory`.
    Cancelled
        If `cancel` asked for it.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4; Rott Shaham et al., "SinGAN" (ICCV
    2019), whose editing lays the result over a region that is dilated and softened.

    Examples
    --------
    >>> import numpy as np, patchloom
    >>> stripes = np.tile(np.arange(32, dtype=np.uint8)[None] % 8 * 30, (32, 1))
    >>> crude = stripes.copy()
    >>> crude[10:20, 10:20] = stripes[10:20, 13:23]
    >>> result = patchloom.edit(stripes, crude, seed=1)
    >>> bool((result.image[:, 28:] == crude[:, 28:]).all())
    True
    """
    with cancelled_by(cancel):
        plan = plans.edit(
            source, edited, region=region, feather=feather, size=size, maps=maps, map_weights=map_weights,
            params=params, seed=seed,
        )
        return run(plan, threads=threads, device=device, memory=memory, on_step=on_step, cancel=cancel)
