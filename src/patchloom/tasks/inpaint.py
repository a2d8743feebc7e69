"""Filling holes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import plans
from ..cancelling import cancelled_by
from ..params import GPNNParams
from ..plans.material import Maps, Weights
from ..types import Result, Size
from .running import OnStep, run


def inpaint(
    image: Any,
    hole: Any,
    *,
    invert: bool = False,
    fill: str = "edges",
    source_mask: Any = None,
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
    """Return the picture with its holes filled with patches of the rest.

    Parameters
    ----------
    image : array or PIL image
        The picture: anything that `patchloom.generate` takes.
    hole : array, PIL image or str
        A mask of the picture's size, white (at least half of the range) where the hole is,
        or an array of bool; ``"alpha"`` for where the picture is less than half opaque; or a
        colour such as ``"#00ffff"`` that stands where the hole is, and only there, whatever
        its alpha is above 0; for floats within [0, 1] only.
    invert : bool
        The hole is everything else.
    fill : str
        What the hole looks like to begin with: ``"edges"``, the colours around it, as for
        removing things; ``"source"``, what was painted into it, which the result then follows;
        or a colour such as ``"#c02020"`` to follow, for floats within [0, 1] only. But for
        ``"source"`` nothing in the hole is ever read, in maps neither: floats there may be
        NaN. Paint beyond the range of the rest counts as the nearest within.
    source_mask : array or PIL image, optional
        White where patches may be copied from; by default everywhere outside the hole.
    feather : int
        Pixels around the hole over which the result passes into the picture, 0 to 256;
        0 is the hole itself. All beyond is the picture, bit for bit.
    size : (rows, columns), optional
        What the picture and its maps, their holes filled from around, and the masks are
        brought to first.
    maps : mapping of str to array or PIL image, optional
        Pictures of the same size that are filled alike; see `patchloom.generate`.
    map_weights : mapping of str to float, optional
        How much each map counts in the search, 0 to 100; the picture itself counts 1.
    params, seed, threads, device, memory, on_step, cancel
        As for `patchloom.generate`; `params` is by default ``PRESETS["inpaint"]``. Another
        seed gives another answer.

    Returns
    -------
    Result
        ``image`` has the size, type, dtype and channels of the picture; ``Result.blend`` tells
        what share of it is new.

    Raises
    ------
    InputError
        If something that was passed cannot be used, a mask does not fit or covers nothing or
        everything, or no patch is left to copy.
    MemoryBudgetError
        If the run would need more than `memory`.
    Cancelled
        If `cancel` asked for it.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4: conditional inpainting.

    Examples
    --------
    >>> import numpy as np, patchloom
    >>> stripes = np.tile(np.arange(48, dtype=np.uint8)[None] % 8 * 30, (48, 1))
    >>> hole = np.zeros((48, 48), bool)
    >>> hole[16:30, 10:26] = True
    >>> damaged = np.where(hole, np.uint8(255), stripes)
    >>> result = patchloom.inpaint(damaged, hole, seed=1)
    >>> bool((result.image == stripes).all()), round(result.blend.covered, 3)
    (True, 0.097)
    """
    with cancelled_by(cancel):
        plan = plans.inpaint(
            image, hole, invert=invert, fill=fill, source_mask=source_mask, feather=feather, size=size, maps=maps,
            map_weights=map_weights, params=params, seed=seed,
        )
        return run(plan, threads=threads, device=device, memory=memory, on_step=on_step, cancel=cancel)
