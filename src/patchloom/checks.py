"""Anything that a user may pass -> its canonical value, or one clear error."""

from __future__ import annotations

import math
import operator
import os
import secrets
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from .cancelling import bands
from .errors import ImageError, ParameterError, explain
from .params import MAX_SEED
from .pixels import MAX_SIDE, as_image, from_image, is_pil, size_of
from .types import Mask, PixelFormat, Size

__all__ = [
    "MAX_SIDE", "PixelFormat", "as_image", "as_mapping", "as_mask", "as_memory", "as_numbers", "as_real", "as_seed",
    "as_size", "as_threads", "as_whole", "available_cores", "from_image", "is_pil", "machine_memory", "size_of",
]


def as_mask(value: Any, size: Size, name: str = "mask") -> Mask:
    """Return `value` as a `Mask` of a picture of `size`.

    Parameters
    ----------
    value : array or PIL image
        Anything `as_image` takes, white for what is meant: True where the mean of the
        colours, times alpha if there is one, is at least half of the range.
    size : (rows, columns)
        Of the picture that it belongs to.
    name : str
        What errors call it.

    Raises
    ------
    ImageError
        If it is no picture or has another size.
    """
    pixels, kind = as_image(value, name)
    if (kind.low, kind.high) != (0.0, 1.0):
        raise ImageError(
            explain(name, f"values from {kind.low:g} to {kind.high:g}", "floats must be within [0, 1]", "scale it")
        )
    if pixels.shape[:2] != size:
        raise ImageError(
            explain(name, f"{pixels.shape[1]} x {pixels.shape[0]} pixels", f"must be {size[1]} x {size[0]}",
                    "a mask has the size of its picture")
        )
    colours = pixels[..., :-1] if kind.alpha else pixels
    mask = np.empty(size, np.bool_)
    for rows in bands(len(mask), colours[:1].size):
        total = colours[rows, :, 0].astype(np.float64)
        for channel in range(1, colours.shape[2]):
            total += colours[rows, :, channel]
        mask[rows] = total >= 0.5 * colours.shape[2]
    return mask


def as_size(value: Any, name: str = "size", *, least: int = 1) -> Size:
    """Return (rows, columns), each from `least` to `MAX_SIDE`."""
    try:
        rows, cols = (operator.index(side) for side in value)
    except (TypeError, ValueError):
        raise ParameterError(explain(name, repr(value), "must be two whole numbers (rows, columns)")) from None
    if min(rows, cols) < least or max(rows, cols) > MAX_SIDE:
        raise ParameterError(
            explain(name, f"{rows} rows x {cols} columns", f"sides must be {least} to {MAX_SIDE} pixels",
                    f"try at least {least} on each side" if min(rows, cols) < least else "ask for less")
        )
    return rows, cols


def as_seed(value: Any) -> int:
    """Return a seed, 0 to 2**64 - 1; None draws a fresh one below 2**32."""
    if value is None:
        return secrets.randbits(32)
    seed = _whole(value)
    if not 0 <= seed <= MAX_SEED:
        raise ParameterError(explain("seed", repr(value), "must be a whole number, 0 to 2**64 - 1"))
    return seed


def as_threads(value: Any) -> int:
    """Return a number of threads; 0 means `PATCHLOOM_THREADS`, or else all cores."""
    name, number = "threads", _whole(value)
    if number == 0:
        text = os.environ.get("PATCHLOOM_THREADS") or "0"
        name, value, number = "PATCHLOOM_THREADS", text, int(text) if text.isdecimal() and len(text) < 9 else -1
    if not 0 <= number <= 1024:
        raise ParameterError(explain(name, repr(value), "must be a whole number, 0 (all cores) to 1024"))
    return number or available_cores()


def as_whole(value: Any, name: str, low: int, high: int, unit: str = "") -> int:
    """Return a whole number from `low`, at least 0, to `high`; floats without a fraction are such.

    Parameters
    ----------
    value : int or float
        What was passed.
    name : str
        What errors call it.
    low, high : int
        The least and the most.
    unit : str
        What it counts, as errors say it.
    """
    whole = _whole(int(value) if isinstance(value, (float, np.floating)) and value.is_integer() else value)
    if not low <= whole <= high:
        counted = f"a whole number of {unit}" if unit else "a whole number"
        raise ParameterError(explain(name, repr(value), f"must be {counted}, {low} to {high}"))
    return whole


def as_real(value: Any, name: str, low: float, high: float, *, unit: str = "", remedy: str = "") -> float:
    """Return a number from `low` to `high`, both included.

    Parameters
    ----------
    value : int or float
        What was passed.
    name : str
        What errors call it.
    low, high : float
        The least and the most.
    unit, remedy : str
        What it counts, and what to do instead, as errors say it.
    """
    try:
        number = math.nan if isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not low <= number <= high:
        counted = f"a number of {unit}" if unit else "a number"
        raise ParameterError(explain(name, repr(value), f"must be {counted}, {low:g} to {high:g}", remedy))
    return number


def as_numbers(value: Any, name: str) -> npt.NDArray[np.float64]:
    """Return a new float64 array of real, finite numbers, of any shape; `name` is what errors call it."""
    try:
        array = np.asarray(value)
    except ValueError:                                    # rows of several lengths
        array = np.asarray(None)
    if array.dtype.kind not in "fiu":
        got = f"{array.dtype} values" if array.ndim else type(value).__name__
        raise ParameterError(explain(name, got, "must be real numbers"))
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        bad = int(array.size - np.isfinite(array).sum())
        raise ParameterError(explain(name, f"{bad} values that are NaN or infinite", "must be finite"))
    return array


def as_mapping(value: Any, name: str, holds: str) -> dict[Any, Any]:
    """Return a mapping as a dict, and None as an empty one.

    Parameters
    ----------
    value : mapping or None
        What was passed.
    name, holds : str
        What errors call it, and what it maps to what.
    """
    if value is not None and not isinstance(value, Mapping):
        raise ParameterError(explain(name, type(value).__name__, f"must be a mapping of {holds}"))
    return dict(value or {})


def _whole(value: Any) -> int:
    """Return a whole number as an int, and anything else as -1."""
    try:
        return -1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        return -1


def machine_memory() -> int | None:
    """Bytes of memory that this machine has; None where it does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def as_memory(value: Any) -> int | None:
    """Return a budget in bytes from a number or a text such as ``500MB`` or ``2GiB``."""
    if value is None:
        return None
    units = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
    text = str(value).strip().lower()
    digits = text.rstrip("kmgib ")
    try:
        size = int(float(digits) * units[text[len(digits) :].strip()])
    except (KeyError, ValueError, OverflowError):
        size = -1
    if isinstance(value, bool) or size < 1:
        raise ParameterError(explain("memory", repr(value), "must be bytes, or a number with MB, GB, MiB or GiB",
                                     "try 500MB or 2GiB"))
    return size
