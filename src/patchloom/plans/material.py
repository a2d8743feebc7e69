"""What all applications start from: the pictures that were passed, checked, as one source that can be searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..cancelling import bands
from ..checks import as_image, as_mapping, as_real, from_image
from ..compare import is_clear
from ..errors import ImageError, ParameterError, explain
from ..params import MAX_CHANNELS, PRESETS, GPNNParams
from ..pyramid import level_sizes
from ..regions import grown_inwards
from ..resize import resize
from ..types import Image, Layer, Mask, PixelFormat, Pyramid, Size

Maps: TypeAlias = Mapping[str, Any] | None
Weights: TypeAlias = Mapping[str, float] | None

MOST_WEIGHT = 100.0
"""Of a map, relative to the picture's own 1."""


@dataclass(frozen=True, eq=False)
class Material:
    """A picture and its maps.

    Attributes
    ----------
    image : Image
        The picture's channels, and behind them those of the maps that weigh in the search.
    kind : PixelFormat
        What the picture was.
    layers : dict of str to Layer
        The picture under ``""``, and all maps by their names.
    own : Size
        Of the picture as it was passed: what masks of it have to have.
    """

    image: Image
    kind: PixelFormat
    layers: dict[str, Layer]
    own: Size

    @property
    def size(self) -> Size:
        """(rows, columns)."""
        return self.image.shape[0], self.image.shape[1]

    @property
    def channels(self) -> int:
        """How many channels the picture itself has."""
        return self.layers[""].value.shape[2]

    @property
    def clear(self) -> bool:
        """Whether the picture is transparent anywhere."""
        return is_clear(self.image[..., : self.channels], self.kind)

    def unweighed(self, task: str) -> Material:
        """Return the material itself, where no map weighs in the search.

        Raises
        ------
        ParameterError
            If one does: there is nothing that the guess could be compared with.
        """
        if self.image.shape[2] > self.channels:
            raise ParameterError(
                explain("map_weights", f"a weight above 0 for {task}", "the picture that guides has no such map",
                        "leave the weights out; the maps follow all the same")
            )
        return self


def gather(source: Any, maps: Maps = None, weights: Weights = None, *, name: str = "source",
           size: Size | None = None, hole: Mask | None = None) -> Material:
    """Return a picture and its maps, checked.

    Parameters
    ----------
    source : array or PIL image
        The picture.
    maps : mapping of str to array or PIL image, optional
        Pictures of the same size in pixels, of any channels and depth.
    weights : mapping of str to float, optional
        How much each map counts in the search, the picture counting 1; by default 0.
    name : str
        What errors call the picture.
    size : Size, optional
        What all of them are brought to first.
    hole : Mask, optional
        Of the picture's own size: where all of them are filled with the colours around before anything else.

    Raises
    ------
    ImageError
        If something is no picture, or maps do not fit.
    ParameterError
        If weights are out of range or for maps that are not there.
    """
    image, kind = _filled(source, name, hole)
    own = (image.shape[0], image.shape[1])
    sized = _sized(image, kind, size)
    layers, parts = {"": _layer(source, sized, kind, sized is not image)}, [sized]
    weights = as_mapping(weights, "map_weights", "names to numbers")
    for label, picture in as_mapping(maps, "maps", "names to pictures").items():
        if not isinstance(label, str) or not label:
            raise ParameterError(explain("maps", repr(label), "names must be texts that are not empty"))
        pixels, of = _filled(picture, f"map {label}", hole)
        if pixels.shape[:2] != own:
            raise ImageError(
                explain(f"map {label}", f"{pixels.shape[1]} x {pixels.shape[0]} pixels",
                        f"must be {own[1]} x {own[0]}", f"a map has the size of its {name}")
            )
        sized = _sized(pixels, of, size)
        layers[label] = _layer(picture, sized, of, sized is not pixels)
        weight = as_real(weights.pop(label, 0.0), f"weight of map {label}", 0, MOST_WEIGHT)
        if weight:
            factor = np.float32(np.sqrt(weight * image.shape[2] / pixels.shape[2]))
            parts.append(sized * factor)
    if weights:
        raise ParameterError(explain("map_weights", repr(next(iter(weights))), "is no map", "pass the map too"))
    whole = parts[0] if len(parts) == 1 else np.ascontiguousarray(np.concatenate(parts, axis=2))
    if whole.shape[2] > MAX_CHANNELS:
        raise ImageError(
            explain("maps", f"{whole.shape[2]} channels that weigh in the search", f"at most {MAX_CHANNELS}",
                    "give fewer of them a weight")
        )
    return Material(whole, kind, layers, own)


def _filled(picture: Any, name: str, hole: Mask | None) -> tuple[Image, PixelFormat]:
    """Return what `as_image` does, the hole filled; where that does not fit, the picture as it is, to be refused."""
    image, kind = as_image(picture, name)
    if hole is None or hole.shape != image.shape[:2]:
        return image, kind
    return grown_inwards(image, hole), kind


def _sized(image: Image, kind: PixelFormat, size: Size | None) -> Image:
    """Return a picture at another size; the very same one if that is its own."""
    if size is None or size == image.shape[:2]:
        return image
    image = resize(image, size)
    if kind.alpha and kind.dtype.kind == "f":             # those have to stay on [0, 1], whatever the cubic does
        return np.clip(image, 0, np.clip(image[..., -1:], 0, 1))
    return image


def _layer(picture: Any, image: Image, kind: PixelFormat, resized: bool) -> Layer:
    """Return what is voted for a picture: true values where float32 holds those."""
    if resized:
        return Layer(image, kind, from_image(image, kind))
    if (kind.low, kind.high) == (0.0, 1.0) or kind.dtype.itemsize > 4:
        return Layer(image, kind, picture)
    true = np.asarray(picture)
    true = np.ascontiguousarray(true[..., None] if kind.flat else true, np.float32)
    return Layer(true, replace(kind, low=0.0, high=1.0), picture, true=True)


def as_params(params: GPNNParams | None, task: str) -> GPNNParams:
    """Return the numbers of a run: those that were passed, or the task's own."""
    params = PRESETS[task] if params is None else params
    if not isinstance(params, GPNNParams):
        raise ParameterError(explain("params", repr(params), "must be GPNNParams", f'try patchloom.PRESETS["{task}"]'))
    return params


def check_side(image: Image, params: GPNNParams, name: str = "source") -> None:
    """Raise `ImageError` if a picture is smaller than a patch."""
    if min(image.shape[:2]) < params.patch_size:
        raise ImageError(
            explain(name, f"{image.shape[1]} x {image.shape[0]} pixels",
                    f"each side must be at least {params.patch_size}", "use a larger picture or a smaller patch_size")
        )


def levels_for(source: Pyramid, out: Size, params: GPNNParams) -> tuple[Pyramid, tuple[Size, ...]]:
    """Return the levels at which both the source and an output of size `out` hold a patch."""
    sizes = level_sizes(out, ratio=params.ratio, levels=len(source))
    levels = len(sizes)
    while min(*sizes[levels - 1], *source[levels - 1].shape[:2]) < params.patch_size:
        levels -= 1
    return source[:levels], sizes[:levels]


def identity(size: Size, patch_size: int, origin: tuple[int, int] = (0, 0), keys: Size | None = None) -> npt.NDArray[
    np.int32
]:
    """Return the field of patches that come from their own place.

    Parameters
    ----------
    size : Size
        Of the output in pixels.
    patch_size : int
        Side of a patch in pixels.
    origin : (row, column)
        Where the source's corner lies in the output.
    keys : Size, optional
        Of the source in pixels, if it is another; the field stays within it.
    """
    keys = size if keys is None else keys
    axes = [
        np.clip(np.arange(out - patch_size + 1) - corner, 0, own - patch_size)
        for out, corner, own in zip(size, origin, keys, strict=True)
    ]
    field = np.empty((axes[0].size, axes[1].size, 2), np.int32)
    for rows in bands(len(field), field[:1].size):
        field[rows, :, 0], field[rows, :, 1] = axes[0][rows, None], axes[1]
    return field
