"""From a field to pictures of the types that came in: the picture itself and its maps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..checks import as_image, as_threads, from_image
from ..errors import ImageError, explain
from ..patches import vote
from ..pixels import again
from ..plans.material import gather
from ..types import Blend, Image, Layer, PixelFormat, Plan, Result, Step, Transform


def delivered(plan: Plan, step: Step, *, threads: int) -> dict[str, Any]:
    """Return the picture under ``""`` and the maps by name, each as what it came as.

    Floats of any range were searched on [0, 1]; they are voted on their true values
    where float32 holds those, and mapped back otherwise.
    """
    made = {}
    for name, layer in plan.layers.items():
        if name == "" and layer.value.shape[:2] == plan.source[0].shape[:2] and _is_searched(layer):
            image = step.image[..., : layer.value.shape[2]]
        else:
            image = vote(layer.value, step.fields.forward, sigma=plan.params.fold, threads=threads)
        made[name] = laid_over(image, layer, plan.blend)
    return made


def _is_searched(layer: Layer) -> bool:
    """Whether the values that are voted are those that were searched: not the true ones of floats of any range."""
    kind = layer.kind
    return kind.dtype.kind != "f" or (kind.low, kind.high) != (0.0, 1.0) or bool(
        layer.value.min() >= 0 and layer.value.max() <= 1
    )


def laid_over(image: Image, layer: Layer, blend: Blend | None) -> Any:
    """Return `image` over what lies below the layer, in its type; bit for bit the latter where the blend is 0."""
    kind = layer.kind
    if blend is None:
        return from_image(image, kind)
    top, left = blend.origin
    below, under, alpha = _values(layer.below, kind), np.asarray(layer.below), blend.alpha
    if blend.parts:
        below, under = (_in_parts(whole, blend) for whole in (below, under))
    rows, cols = slice(top, top + below.shape[0]), slice(left, left + below.shape[1])
    share = alpha[rows, cols, None]
    image = image.copy()
    image[rows, cols] = np.where(share == 1, image[rows, cols], below + share * (image[rows, cols] - below))
    made = from_image(image, kind)
    pixels = np.array(made)
    kept = alpha[rows, cols] == 0
    pixels[rows, cols][kept] = under[kept]
    return again(pixels, made)


def _in_parts(whole: npt.NDArray[Any], blend: Blend) -> npt.NDArray[Any]:
    """Return parts of a picture at their places in one of the result's size."""
    there = np.zeros((*blend.alpha.shape, *whole.shape[2:]), whole.dtype)
    for (top, left, rows, cols), (row, col) in blend.parts:
        there[row : row + rows, col : col + cols] = whole[top : top + rows, left : left + cols]
    return there


def _values(below: Any, kind: PixelFormat) -> Image:
    """Return a picture in the units of a layer's values."""
    if kind.dtype.kind != "f":
        return as_image(below, "below")[0]
    array = np.asarray(below)
    array = array[..., None] if kind.flat else array
    if kind.alpha:
        return as_image(below, "below")[0]
    return ((array.astype(np.float64) - kind.low) / (kind.high - kind.low)).astype(np.float32)


def apply(made: Result | Transform, picture: Any, *, threads: int = 0) -> Any:
    """Return what a run would have made of another picture, or map, of its source's size.

    Parameters
    ----------
    made : Result or Transform
        Of a task, or of `patchloom.io.load_field`.
    picture : array or PIL image
        Of the size of the run's source. What the run left alone is taken from it.
    threads : int
        0 means all cores.

    Returns
    -------
    array or PIL image
        Of the type that was passed in and the size of the run's result.

    Raises
    ------
    ImageError
        If the picture is smaller than what the field points to.
    """
    made = made.transform if isinstance(made, Result) else made
    layer = gather(picture, name="picture").layers[""]
    image = vote(layer.value, made.nnf, sigma=made.fold, threads=as_threads(threads))
    if made.blend is not None and not _fits(made.blend, image, layer.value):
        raise ImageError(
            explain("picture", f"{layer.value.shape[1]} x {layer.value.shape[0]} pixels",
                    "is not of the size that the field was made for", "pass a picture of the source's size")
        )
    return laid_over(image, layer, made.blend)


def _fits(blend: Blend, image: Image, below: Image) -> bool:
    if blend.parts:
        return image.shape[:2] == blend.alpha.shape and all(
            box[0] + box[2] <= below.shape[0] and box[1] + box[3] <= below.shape[1] for box, _ in blend.parts
        )
    (top, left), (rows, cols) = blend.origin, below.shape[:2]
    return image.shape[:2] == blend.alpha.shape and top + rows <= image.shape[0] and left + cols <= image.shape[1]
