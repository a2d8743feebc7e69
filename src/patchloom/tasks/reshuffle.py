"""Objects moved to other places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import plans
from ..cancelling import cancelled_by
from ..params import GPNNParams
from ..plans.material import Maps, Weights
from ..plans.moving import Move
from ..types import Result, Size
from .running import OnStep, run


def reshuffle(
    source: Any,
    moves: Sequence[Move],
    *,
    copy: bool = False,
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
    """Return the picture with objects at other places, the places that they left filled and the seams healed.

    Parameters
    ----------
    source : array or PIL image
        Anything that `patchloom.generate` takes.
    moves : sequence of Move
        What goes where; later ones come to lie above earlier ones. What leaves the frame is
        cut off.
    copy : bool
        The objects stay at their old places too.
    region : str, array or PIL image
        What may change: ``"auto"``, the places left and taken and a margin around; ``"all"``,
        the whole picture; or a mask, white where it may besides those places. Everything
        beyond the region and its soft border is the source, bit for bit; the objects are too.
    feather : int, optional
        Pixels around the region over which the result passes into the picture, 0 to 256; by
        default a twenty-fifth of the longer side.
    size : (rows, columns), optional
        What the picture is brought to first, and with it maps, masks, boxes and shifts.
    maps, map_weights, params, seed, threads, device, memory, on_step, cancel
        As for `patchloom.generate`; `params` is by default ``PRESETS["reshuffle"]``.

    Returns
    -------
    Result
        ``image`` has the source's type, dtype and channels.

    Raises
    ------
    InputError
        If something that was passed cannot be used: no move, a box that is not within the
        picture, an object that does not move or leaves the picture.
    MemoryBudgetError
        If the run would need more than `memory`.
    Cancelled
        If `cancel` asked for it.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4: reshuffling. That objects stay as
    they are, and do not come back to the place they left, is ours.

    Examples
    --------
    >>> import numpy as np, patchloom
    >>> sky = np.full((40, 60), 200, np.uint8)
    >>> sky[10:20, 10:20] = 30
    >>> result = patchloom.reshuffle(sky, [patchloom.Move((5, 30), box=(8, 8, 14, 14))], seed=1)
    >>> int(result.image[20, 45]), int(result.image[15, 15])
    (30, 200)
    """
    with cancelled_by(cancel):
        plan = plans.reshuffle(
            source, moves, copy=copy, region=region, feather=feather, size=size, maps=maps, map_weights=map_weights,
            params=params, seed=seed,
        )
        return run(plan, threads=threads, device=device, memory=memory, on_step=on_step, cancel=cancel)
