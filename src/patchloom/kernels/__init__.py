"""The hot loops, compiled or in NumPy: the same functions, the same bytes.

`PATCHLOOM_KERNELS` (``native`` or ``numpy``) forces one; `PATCHLOOM_ISA` forces an
instruction set of the native ones; `PATCHLOOM_REQUIRE_NATIVE=1` turns the fallback
to NumPy into an error.

Arrays are C-contiguous. Quantised pictures are int16 (H, W, C); fields are int32
(H', W', 2) with int32 (H', W') sums of squared differences; `weight` and `valid`
have one entry per key patch, `active` one per query patch.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

from ..errors import ParameterError, PatchloomError, explain

__all__ = ["distance", "exact", "info", "noise", "resize", "sweep", "vote"]


def _choose() -> Any:
    asked = os.environ.get("PATCHLOOM_KERNELS") or "auto"
    if asked not in ("auto", "native", "numpy"):
        raise ParameterError(explain("PATCHLOOM_KERNELS", repr(asked), "must be native, numpy or unset"))
    required = asked == "native" or (os.environ.get("PATCHLOOM_REQUIRE_NATIVE") or "0") not in ("0", "false")
    if asked == "numpy":
        from . import numpy_kernels

        return numpy_kernels
    try:
        from . import native
    except ImportError as error:
        if required:
            raise PatchloomError(
                f"native kernels: not built ({error}); required by PATCHLOOM_REQUIRE_NATIVE or PATCHLOOM_KERNELS; "
                "install a C++ compiler and reinstall patchloom"
            ) from error
        from . import numpy_kernels

        return numpy_kernels
    return native


_kernels = _choose()
_warned = _kernels.NAME == "native" or os.environ.get("PATCHLOOM_KERNELS") == "numpy"

distance = _kernels.distance
noise = _kernels.noise
resize = _kernels.resize
vote = _kernels.vote
exact = _kernels.exact
sweep = _kernels.sweep


def info() -> dict[str, str]:
    """Which kernels run: ``{"kernels": "native" | "numpy", "isa": ...}``."""
    return {"kernels": _kernels.NAME, "isa": _kernels.isa()}


def warn_if_slow() -> None:
    """Warn, once, when the compiled kernels are missing."""
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(
            "patchloom runs on its NumPy kernels, which give the same bytes many times slower: no compiler was found "
            "when it was installed; install one and reinstall",
            RuntimeWarning,
            stacklevel=3,
        )
