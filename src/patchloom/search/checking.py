"""What pictures, masks and fields a search takes; the engine's own are right by construction."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..errors import ImageError, ParameterError, explain
from ..params import MAX_CHANNELS
from ..patches import grid
from ..types import NNF, Fields, Image, Mask, Size

# Largest factor of a key: its product with any distance is still a float32; largest values whose distances are.
_MOST_WEIGHT = 1e28
_MOST_VALUE = 1e18
_MOST_PIXELS = 2**31 - 1


def check_pictures(query: Image, key: Image, patch_size: int) -> None:
    """Raise `ImageError` unless both are images of the same channels, finite, and no smaller than a patch."""
    for name, image in (("query", query), ("key", key)):
        fits = image.ndim == 3 and image.dtype == np.float32 and min(image.shape[:2]) >= patch_size
        if not fits or not 1 <= image.shape[2] <= MAX_CHANNELS:
            raise ImageError(
                explain(name, f"{image.dtype} {image.shape}", f"must be float32 (H, W, 1 to {MAX_CHANNELS})",
                        f"sides at least {patch_size}")
            )
        if image.shape[0] * image.shape[1] > _MOST_PIXELS:
            raise ImageError(explain(name, f"{image.shape[0]} x {image.shape[1]}", f"at most {_MOST_PIXELS} pixels"))
        if not np.isfinite(image).all():
            raise ImageError(explain(name, "values that are NaN or infinite", "must be finite", "replace them"))
        most = max(-float(image.min()), float(image.max()))
        if most > _MOST_VALUE:
            raise ImageError(explain(name, f"values up to {most:g}", f"must be within {_MOST_VALUE:g}", "scale them"))
    if query.shape[2] != key.shape[2]:
        raise ImageError(explain("channels", f"{query.shape[2]} and {key.shape[2]}", "query and key need the same"))


def check_masks(
    queries: Size, keys: Size, weight: npt.NDArray[np.float32] | None, valid: Mask | None, active: Mask | None,
    started: bool,
) -> None:
    """Raise unless factors and masks fit the grids, some key is valid, and patches left out have a field to keep."""
    for name, array, shape, kind in (
        ("weight", weight, keys, np.float32), ("valid", valid, keys, np.bool_), ("active", active, queries, np.bool_)
    ):
        if array is not None and (array.shape != shape or array.dtype != kind):
            raise ImageError(explain(name, f"{array.dtype} {array.shape}", f"must be {np.dtype(kind)} {shape}"))
    if weight is not None and not (weight.min() > 0 and weight.max() <= _MOST_WEIGHT):
        got = f"{weight.min():g} to {weight.max():g}"
        raise ParameterError(explain("weight", got, f"must be positive and at most {_MOST_WEIGHT:g}", "scale them"))
    if valid is not None and not valid.any():
        raise ParameterError(explain("valid", "no patch", "at least one key patch must be allowed"))
    if active is not None and not started:
        raise ParameterError(explain("init", None, "is required when `active` leaves patches out"))


def check_field(init: NNF, queries: Size, keys: Size, patch_size: int, name: str = "init") -> None:
    """Raise `ImageError` unless a field has an entry per query, each within the keys."""
    index, distance = init.index, init.distance
    if init.patch_size != patch_size or index.shape != (*queries, 2) or distance.shape != queries:
        got = f"{index.shape} for patch {init.patch_size}"
        raise ImageError(explain(name, got, f"must be {(*queries, 2)} for patch {patch_size}"))
    if index.dtype != np.int32 or distance.dtype != np.float32:
        raise ImageError(explain(name, f"{index.dtype} and {distance.dtype}", "must be int32 and float32"))
    if (index < 0).any() or (index >= np.array(keys)).any():
        raise ImageError(explain(name, "indices outside the key", f"must be below {keys}"))


def check_pnn(
    query: Image, key: Image, value: Image, patch_size: int, fields: Fields | None, valid: Mask | None,
    active: Mask | None,
) -> None:
    """Raise unless everything that the PNN module takes fits."""
    check_pictures(query, key, patch_size)
    if value.shape[:2] != key.shape[:2] or value.ndim != 3 or value.dtype != np.float32:
        got = f"{value.dtype} {value.shape}"
        raise ImageError(explain("value", got, f"must be float32 and of the key's size {key.shape[:2]}"))
    if not 1 <= value.shape[2] <= MAX_CHANNELS or (active is not None and value.shape[2] != query.shape[2]):
        allowed = f"1 to {MAX_CHANNELS}, those of the query where `active` leaves pixels as they are"
        raise ImageError(explain("value.channels", value.shape[2], allowed))
    if not np.isfinite(value).all():
        raise ImageError(explain("value", "values that are NaN or infinite", "must be finite", "replace them"))
    queries, keys = grid(query, patch_size), grid(key, patch_size)
    check_masks(queries, keys, None, valid, active, fields is not None)
    if fields is not None:
        check_field(fields.forward, queries, keys, patch_size, "fields.forward")
        if fields.reverse is not None:
            check_field(fields.reverse, keys, queries, patch_size, "fields.reverse")
