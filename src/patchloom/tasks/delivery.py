"""From a field to pictures of the types that came in: the picture itself and its maps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..checks import as_image, as_threads, from_image
from ..errors import ImageError, ParameterError, explain
from ..patches import vote
from ..pixels import again
from ..plans.material import gather
from ..regions import bounding
from ..types import Blend, Image, Layer, PixelFormat, Plan, Result, Step, Transform


def delivered(plan: Plan, step: Step, *, threads: int) -> dict[str, Any]:
    """Return the picture under ``""`` and the maps by name, each as what it came as.

    Floats of any range were searched on [0, 1]; they are voted on their true values
    where float32 holds those, and mapped back otherwise.
    """
    return {
        name: laid_over(image, plan.layers[name], plan.blend)
        for name, image in voted(plan, step, threads=threads).items()
    }


def voted(plan: Plan, step: Step, *, threads: int) -> dict[str, Image]:
    """Return the picture and the maps by name, as their layers' values."""
    made = {}
    for name, layer in plan.layers.items():
        if name == "" and not layer.true:                 # what was searched was voted, too
            image = step.image[..., : layer.value.shape[2]]
        else:
            image = vote(layer.value, step.fields.forward, sigma=plan.params.fold, threads=threads)
        made[name] = image
    return made


def laid_over(image: Image, layer: Layer, blend: Blend | None) -> Any:
    """Return `image` over what lies below the layer, in its type; bit for bit the latter where the blend is 0."""
    kind = layer.kind
    if blend is None:
        return from_image(image, kind)
    pixels, like = _below(np.asarray(layer.below), blend), from_image(image[:1, :1], kind)
    changed = bounding(blend.alpha > 0)
    share, below = blend.alpha[changed][..., None], _values(pixels[changed], like, kind)
    made = np.where(share == 1, image[changed], below + share * (image[changed] - below))
    numbers = np.asarray(from_image(made, kind))
    over = share > 0 if numbers.ndim == 3 else share[..., 0] > 0
    np.copyto(pixels[changed], numbers, where=over)
    return again(pixels, like)


def _below(whole: npt.NDArray[Any], blend: Blend) -> npt.NDArray[Any]:
    """Return a picture, or the parts of it that a blend names, at their places in one of the result's size."""
    (top, left), (rows, cols) = blend.origin, whole.shape[:2]
    there = np.zeros((*blend.alpha.shape, *whole.shape[2:]), whole.dtype)
    for (first, begin, height, width), (row, col) in blend.parts or (((0, 0, rows, cols), (top, left)),):
        there[row : row + height, col : col + width] = whole[first : first + height, begin : begin + width]
    return there


def _values(numbers: npt.NDArray[Any], like: Any, kind: PixelFormat) -> Image:
    """Return a picture's numbers in the units of a layer's values."""
    if kind.dtype.kind != "f" or kind.alpha:
        return as_image(again(numbers, like), "below")[0]
    array = numbers[..., None] if kind.flat else numbers
    return ((array.astype(np.float64) - kind.low) / (kind.high - kind.low)).astype(np.float32)


def apply(made: Result | Transform, picture: Any, *, threads: int = 0) -> Any:
    """Return what a run would have made of another picture, or map, of its source's size.

    Every pixel comes from where the run's came from. What a run does besides is not done again:
    `harmonise` also changes colours, and `animate` smooths its frames over time (its field is the first frame's).

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
    ParameterError
        If `made` is neither.
    """
    made = made.transform if isinstance(made, Result) else made
    if not isinstance(made, Transform):
        raise ParameterError(
            explain("made", type(made).__name__, "must be a Result, or a Transform of patchloom.io.load_field",
                    "pass what a task returned")
        )
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
