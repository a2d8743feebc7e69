"""New pictures of the same kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import plans
from ..cancelling import cancelled_by
from ..params import GPNNParams
from ..plans.material import Maps, Weights
from ..types import Result, Size
from .running import OnStep, run


def generate(
    source: Any,
    *,
    size: Size | None = None,
    tile: str = "",
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
    """Return a new picture made of the source's patches.

    Parameters
    ----------
    source : array or PIL image
        (H, W) or (H, W, C) of bool, uint8, uint16 or float; or a PIL image of mode
        1, L, LA, P, RGB, RGBA, CMYK, I;16 or F. Floats within [0, 1] are searched as
        they are, others after mapping their range onto [0, 1]; scale dark pictures.
    size : (rows, columns), optional
        Size of the result in pixels; by default the source's.
    tile : {"", "x", "y", "xy"}
        Directions in which the result fits its own opposite edge.
    maps : mapping of str to array or PIL image, optional
        Pictures of the source's size (normals, heights, roughness; any channels and depth)
        that follow the same field: ``Result.maps`` has them, aligned with the result.
    map_weights : mapping of str to float, optional
        How much each map counts in the search, 0 to 100; the source itself counts 1.
    params : GPNNParams, optional
        By default ``PRESETS["default"]``; see `with_diversity`.
    seed : int, optional
        0 to 2**64 - 1. The same seed gives the same bytes on any machine; by
        default a fresh one is drawn, which ``Result.seed`` tells.
    threads : int
        0 means ``PATCHLOOM_THREADS`` or else all cores. No result depends on it.
    device : str or torch.device
        ``"cpu"``: the compiled kernels. ``"cuda"``, ``"cuda:1"`` or ``"mps"``: a GPU, by torch (``pip install
        'patchloom[torch]'``); ``"auto"`` is the first that torch sees, or else ``"cpu"``. The same seed gives the
        same bytes on all of them; that is tested with torch on the CPU, and not yet on CUDA or MPS. A
        ``torch.device("cpu")`` is torch on the CPU, which is slow, for comparisons.
    memory : int or str, optional
        Budget in bytes (or ``"500MB"``) of this machine's memory; a run that would need more is refused. A
        GPU's own memory does not count: it is asked for as it is needed.
    on_step : callable, optional
        Called with every `Step`.
    cancel : callable, optional
        Asked many times a second, also in the middle of a step: once it returns true the run
        ends with `Cancelled`. ``threading.Event().is_set`` will do.

    Returns
    -------
    Result
        ``image`` has the source's type, dtype and channels.

    Raises
    ------
    InputError
        If something that was passed cannot be used.
    MemoryBudgetError
        If the run would need more than `memory`, or a GPU has not enough.
    MissingExtraError
        If `device` needs torch, and that is not installed.
    Cancelled
        If `cancel` asked for it.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4.1.

    Examples
    --------
    >>> import numpy as np, patchloom
    >>> stripes = np.tile(np.arange(32, dtype=np.uint8)[None] % 8 * 30, (32, 1))
    >>> result = patchloom.generate(stripes, size=(32, 48), seed=1)
    >>> result.image.shape, result.image.dtype, result.seed
    ((32, 48), dtype('uint8'), 1)
    """
    with cancelled_by(cancel):
        plan = plans.generate(
            source, size=size, tile=tile, maps=maps, map_weights=map_weights, params=params, seed=seed
        )
        return run(plan, threads=threads, device=device, memory=memory, on_step=on_step, cancel=cancel)
