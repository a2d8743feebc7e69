"""From a field to pictures of the types that came in: the picture itself and its maps."""

from __future__ import annotations

from typing import Any

from ..checks import as_threads
from ..errors import ImageError, ParameterError, explain
from ..overlay import laid_over
from ..patches import vote
from ..plans.material import gather
from ..types import Blend, Image, Plan, Result, Step, Transform


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
