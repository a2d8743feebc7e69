"""The hot loops, compiled or in NumPy: the same functions, the same bytes.

`PATCHLOOM_KERNELS` (``native`` or ``numpy``) forces one; `PATCHLOOM_ISA` forces an
instruction set of the native ones; `PATCHLOOM_REQUIRE_NATIVE=1` turns the fallback
to NumPy into an error.

Arrays are C-contiguous. Quantised pictures are int16 (H, W, C); fields are int32
(H', W', 2) with int32 (H', W') sums of squared differences; `weight` and `valid`
have one entry per key patch; `at` holds positions of query patches in row-major order.
"""

from __future__ import annotations

import os
import warnings
from functools import lru_cache
from typing import Any

from ..errors import ParameterError, PatchloomError, explain

__all__ = [
    "bounds", "differ", "exact", "info", "inherit", "noise", "probe", "quantise", "rank", "resize", "sums", "sweep",
    "vote", "warn_if_slow", "window",
]

_KERNELS = frozenset(
    {"bounds", "differ", "exact", "inherit", "noise", "probe", "quantise", "rank", "resize", "sums", "sweep", "vote",
     "window"}
)


def __getattr__(name: str) -> Any:
    """Find a kernel at its first use, so that a bad setting is an error of that call and not of the import."""
    if name in _KERNELS:
        return getattr(_chosen(), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@lru_cache(maxsize=1)
def _chosen() -> Any:
    asked = os.environ.get("PATCHLOOM_KERNELS") or "auto"
    if asked not in ("auto", "native", "numpy"):
        raise ParameterError(explain("PATCHLOOM_KERNELS", repr(asked), "must be native, numpy or unset"))
    require = (os.environ.get("PATCHLOOM_REQUIRE_NATIVE") or "0").lower()
    if require not in ("0", "1", "false", "true"):
        raise ParameterError(explain("PATCHLOOM_REQUIRE_NATIVE", repr(require), "must be 0, 1 or unset"))
    required = asked == "native" or require in ("1", "true")
    if asked != "numpy":
        try:
            from . import native

            return native
        except ImportError as error:
            if required:
                raise PatchloomError(
                    "native kernels: not built; required by PATCHLOOM_REQUIRE_NATIVE or PATCHLOOM_KERNELS; "
                    "install a C++ compiler and reinstall patchloom"
                ) from error
    from . import numpy_kernels

    return numpy_kernels


def info() -> dict[str, str]:
    """Return which kernels run: ``{"kernels": "native" | "numpy", "isa": ...}``."""
    return {"kernels": _chosen().NAME, "isa": _chosen().isa()}


@lru_cache(maxsize=1)
def warn_if_slow() -> None:
    """Warn, once, when the compiled kernels are missing and nobody asked for the others."""
    if _chosen().NAME == "numpy" and os.environ.get("PATCHLOOM_KERNELS") != "numpy":
        warnings.warn(
            "patchloom runs on its NumPy kernels, which give the same bytes many times slower: the compiled ones are "
            "missing or do not fit this Python; install a C++ compiler and reinstall",
            RuntimeWarning,
            stacklevel=3,
        )
