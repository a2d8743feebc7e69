"""The JSON of a model's file: read without trust, and the parts of it that are no tensors."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..params import MAX_CHANNELS, MAX_SEED, MOST_SCALES, PRECISIONS
from ..pixels import MAX_SIDE
from ..types import PixelFormat

FORMAT = "patchloom-singan"
"""The one key of a file's metadata, and the first thing that its JSON says."""

MOST_HEADER = 1 << 24
"""Bytes of a file's header: far more than the names of all scales take."""

_KEYS = {"format", "version", "seed", "params", "kind", "own_size", "precision", "scales", "unfinished", "sha256"}
_OPTIONAL = {"icc"}
MOST_AMPLITUDE = 100.0
"""Of a scale's noise: pictures are on [-1, 1], and its own is a share of an error."""

_STATES = (None, "scale", "iteration")
_DTYPE = re.compile(r"\|[bu]1|[<>]u2|[<>]f(2|4|8|12|16)")

# Pillow's modes -> numbers of channels that an image of each has.
_CHANNELS = {
    "1": (1,), "L": (1,), "LA": (2,), "P": (3, 4), "RGB": (3,), "RGBA": (4,), "CMYK": (4,), "I;16": (1,), "I;16L": (1,),
    "I;16B": (1,), "I;16N": (1,), "F": (1,), "": tuple(range(1, MAX_CHANNELS + 1)),
}


class NotAModel(Exception):
    """What is wrong with a file, and what to do if it is not to get another one."""

    def __init__(self, got: str, remedy: str = "") -> None:
        super().__init__(got)
        self.remedy = remedy


def canonical(value: Any) -> str:
    """Return the one text of JSON that says a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def header_of(data: bytes, version: int) -> dict[str, Any]:
    """Return the JSON that a file carries beside its tensors.

    Parameters
    ----------
    data : bytes
        At least a file's header.
    version : int
        The latest that is known.

    Raises
    ------
    NotAModel
        If there is none of ours, or of a later version.
    """
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or not 2 <= length <= min(MOST_HEADER, len(data) - 8):
        raise NotAModel("no safetensors file, or cut short")
    try:
        metadata = json.loads(data[8 : 8 + length]).get("__metadata__", {})
        text = metadata[FORMAT]
        told = json.loads(text)
    except (AttributeError, KeyError, TypeError):
        raise NotAModel("a safetensors file of something else") from None
    except (RecursionError, ValueError):
        raise NotAModel("no safetensors file, or a damaged header") from None
    if not isinstance(told, dict) or len(metadata) != 1 or told.get("format") != FORMAT:
        raise NotAModel("a safetensors file of something else")
    found = told.get("version")
    if isinstance(found, int) and found > version:
        raise NotAModel(f"version {found} of the format, this Patchloom knows {version}", "update Patchloom")
    if found != version or set(told) - _OPTIONAL != _KEYS or canonical(told) != text:
        raise NotAModel("a damaged header")
    return told


def check_plain(told: Mapping[str, Any]) -> None:
    """Refuse plain values that are none; the rest is checked with the tensors.

    Raises
    ------
    NotAModel
        It names the first.
    """
    own, seed = told["own_size"], told["seed"]
    sides = isinstance(own, list) and len(own) == 2 and all(_whole(side, 1, MAX_SIDE) for side in own)
    for right, what in (
        (_whole(seed, 0, MAX_SEED), f"seed {seed}"),
        (sides, f"own_size {own}"),
        (told["precision"] in PRECISIONS[1:], f"precision {told['precision']}"),
        (told["unfinished"] in _STATES, f"unfinished: {told['unfinished']}"),
        (isinstance(told["params"], dict), "no numbers"),
        (isinstance(told.get("icc", ""), str), "a colour profile that is none"),
        (isinstance(told["scales"], list) and 1 <= len(told["scales"]) <= MOST_SCALES, "no list of scales"),
    ):
        if not right:
            raise NotAModel(what)


def _whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def scale_numbers(told: Any) -> tuple[float, float]:
    """Return the amplitude and the error of a scale."""
    if not isinstance(told, dict) or set(told) != {"amplitude", "error"}:
        raise NotAModel("a scale without amplitude and error")
    amplitude, error = told["amplitude"], told["error"]
    if not (isinstance(amplitude, float) and isinstance(error, float) and sane(amplitude, error)):
        raise NotAModel(f"a scale of amplitude {amplitude}, error {error}")
    return amplitude, error


def sane(amplitude: float, error: float) -> bool:
    """Tell whether a scale may have such an amplitude and error; NaN it may not."""
    return 0 <= amplitude <= MOST_AMPLITUDE and 0 <= error < math.inf


def pixel_kind(kind: PixelFormat) -> dict[str, Any]:
    """Return a kind of pixels as JSON can hold it; `kind_of` reads it."""
    return {
        "mode": kind.mode, "dtype": kind.dtype.str, "flat": kind.flat, "alpha": kind.alpha, "low": kind.low,
        "high": kind.high, "palette": None if kind.palette is None else kind.palette.hex(),
    }


def kind_of(told: Any, channels: int) -> PixelFormat:
    """Return the kind of pixels that `pixel_kind` told, of a picture with so many channels.

    Raises
    ------
    NotAModel
        If no picture with such pixels could be made.
    """
    try:
        mode, low, high, palette = told["mode"], told["low"], told["high"], told["palette"]
        if _DTYPE.fullmatch(told["dtype"]) is None:
            raise NotAModel(f"pixels of {told['dtype']}")
        dtype = np.dtype(told["dtype"])
        entries = None if palette is None else bytes.fromhex(palette)
        right = (
            set(told) == {"mode", "dtype", "flat", "alpha", "low", "high", "palette"}
            and channels in _CHANNELS[mode] and _of_mode(mode, dtype)
            and isinstance(told["flat"], bool) and isinstance(told["alpha"], bool)
            and not (told["flat"] and channels > 1)
            and isinstance(low, float) and isinstance(high, float) and math.isfinite(high - low) and low < high
            and (mode == "P") == (entries is not None)
            and (entries is None or (0 < len(entries) <= 256 * channels and len(entries) % channels == 0))
        )
    except (KeyError, TypeError, ValueError):
        right = False
    if not right:
        raise NotAModel("an unknown kind of pixels")
    return PixelFormat(mode, dtype, told["flat"], told["alpha"], low, high, entries)


def _of_mode(mode: str, dtype: np.dtype[Any]) -> bool:
    """Whether images of a mode have such numbers."""
    if mode in ("", "F"):
        return mode == "" or dtype.kind == "f"
    return dtype == (np.uint16 if mode.startswith("I;16") else np.uint8)
