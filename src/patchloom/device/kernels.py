"""The kernels of `patchloom.kernels` on tensors of any device: the same names, the same bytes.

What is an array there is a tensor here, all on one device, but for small tables that may stay arrays: taps, folds,
jumps, radii and what `inherit` takes per axis. No threads: the device has its own.
"""

from __future__ import annotations

from .exhaustive import exact, exact_both
from .inheriting import inherit
from .pictures import bounds, differ, quantise, rank, sums, window
from .resizing import resize
from .sweeping import sweep
from .voting import vote

__all__ = [
    "bounds", "differ", "exact", "exact_both", "inherit", "quantise", "rank", "resize", "sums", "sweep", "vote",
    "window",
]
