"""Making a picture larger without changing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import plans
from ..cancelling import cancelled_by
from ..params import GPNNParams
from ..plans.material import Maps, Weights
from ..types import Result, Size
from .running import OnStep, run


def extend(
    image: Any,
    *,
    top: int | None = None,
    bottom: int | None = None,
    left: int | None = None,
    right: int | None = None,
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
    """Return a larger picture, in the middle of which is the one that was passed.

    Parameters
    ----------
    image : array or PIL image
        The picture: anything that `patchloom.generate` takes. It stays as it is, bit for bit.
    top, bottom, left, right : int, optional
        Pixels to add on each side; by default none, or what `size` asks for.
    feather : int
        Pixels inside the picture's edges over which what is new passes into it, 0 to 256;
        0 leaves the whole picture as it is.
    size : (rows, columns), optional
        Of the result: what is missing is added on the sides that are not told, on both alike.
    maps : mapping of str to array or PIL image, optional
        Pictures of the same size that are extended alike; see `patchloom.generate`.
    map_weights : mapping of str to float, optional
        How much each map counts in the search, 0 to 100; the picture itself counts 1.
    params, seed, threads, device, memory, on_step, cancel
        As for `patchloom.generate`; `params` is by default ``PRESETS["extend"]``.

    Returns
    -------
    Result
        ``image`` has the type, dtype and channels of the picture; ``Result.blend.origin`` is
        where its corner lies.

    Raises
    ------
    InputError
        If something that was passed cannot be used, or nothing is added.
    MemoryBudgetError
        If the run would need more than `memory`.
    Cancelled
        If `cancel` asked for it.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4: what is known is put back at every
    level.

    Examples
    --------
    >>> import numpy as np, patchloom
    >>> stripes = np.tile(np.arange(48, dtype=np.uint8)[None] % 8 * 30, (32, 1))
    >>> result = patchloom.extend(stripes, left=8, right=16, seed=1)
    >>> result.image.shape, result.blend.origin, bool((result.image[:, 8:56] == stripes).all())
    ((32, 72), (0, 8), True)
    """
    with cancelled_by(cancel):
        plan = plans.extend(
            image, top=top, bottom=bottom, left=left, right=right, feather=feather, size=size, maps=maps,
            map_weights=map_weights, params=params, seed=seed,
        )
        return run(plan, threads=threads, device=device, memory=memory, on_step=on_step, cancel=cancel)
