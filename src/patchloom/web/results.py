"""What a job has made, and how many bytes that takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import catalogue
from ..checks import is_pil
from ..layers import PixelFormat
from ..types import Plan, Result
from .orders import Order

TYPES: Mapping[str, str] = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".tif": "image/tiff",
    ".tiff": "image/tiff", ".bmp": "image/bmp", ".exr": "image/x-exr", ".gif": "image/gif", ".mp4": "video/mp4",
    ".npz": "application/zip",
}
"""What HTTP calls the files, by suffix."""

FORMATS: Mapping[str, str] = {
    "png": ".png", "jpeg": ".jpg", "webp": ".webp", "tiff": ".tif", "exr": ".exr", "bmp": ".bmp", "gif": ".gif",
    "mp4": ".mp4",
}
"""What a request may ask for -> suffix."""

_SMALL = ("1", "L", "P")                                  # of Pillow's modes, those that take one byte per pixel
_FIELD, _ALPHA = 12, 4                                    # bytes per pixel: index and distance; share of a blend
_BESIDES = 4096                                           # of objects and short texts


@dataclass(frozen=True, eq=False)
class Made:
    """One result.

    Attributes
    ----------
    index, seed : int
        Which of its job's.
    result : Result
        Of the run.
    texts : mapping of str to str
        What its file says about itself.
    width, height : int
        In pixels.
    suffix : str
        Of its file.
    seconds : float
        That it took.
    sha256_of_pixels : str
        As ``--json`` of the command line tells it.
    held : int
        Bytes that it takes here.
    formats : tuple of str
        Those of `FORMATS` that hold its pixels.
    """

    index: int
    seed: int
    result: Result
    texts: Mapping[str, str]
    width: int
    height: int
    suffix: str
    seconds: float
    sha256_of_pixels: str
    held: int
    formats: tuple[str, ...]

    def entry(self) -> dict[str, Any]:
        """Return what JSON tells about it."""
        return {
            "index": self.index, "seed": self.seed, "width": self.width, "height": self.height, "bytes": self.held,
            "type": TYPES[self.suffix], "seconds": round(self.seconds, 3), "sha256_of_pixels": self.sha256_of_pixels,
            "maps": list(self.result.maps), "formats": list(self.formats),
        }


def made_of(
    order: Order, index: int, plan: Plan, result: Result, seconds: float, before: Sequence[Made] = ()
) -> Made:
    """Return a result with all that is told about it.

    Parameters
    ----------
    order : Order
        That asked for it.
    index : int
        Which of its results.
    plan, result
        Of the run.
    seconds : float
        That it took.
    before : sequence of Made
        Of the same order: what they say about themselves too is held once.
    """
    said = {text: text for made in before[:1] for text in made.texts.values()}
    texts = catalogue.metadata(
        order.task, options=order.options, params=order.params, map_weights=order.pictures.map_weights,
        sources=order.sources, plan=plan,
    )
    new = sum(len(text) for text in texts.values() if text not in said)
    texts = {name: said.get(text, text) for name, text in texts.items()}
    (rows, cols), delivery = plan.sizes[0], order.task.delivery
    return Made(
        index, plan.seed, result, texts, cols, rows, delivery.first_that_holds(result.image, order.suffixes), seconds,
        catalogue.pixel_hash(*(result.frames or (result.image,))), held_by(result) + new,
        tuple(name for name, suffix in FORMATS.items() if delivery.holds(result.image, suffix)),
    )


def held_by(result: Result) -> int:
    """Return how many bytes a result takes, what it says about itself aside."""
    alpha = 0 if result.blend is None else result.blend.alpha.nbytes
    pictures = sum(bytes_of(one) for one in _each(result.image, result.frames[1:], *result.maps.values()))
    return pictures + result.nnf.index.nbytes + result.nnf.distance.nbytes + alpha + _BESIDES


def expected(plan: Plan) -> int:
    """Return how many bytes the result of a plan will take at most."""
    pixels = plan.sizes[0][0] * plan.sizes[0][1]
    layers = sum(_pixel_bytes(layer.kind, layer.value.shape[2]) for layer in plan.layers.values())
    field = _FIELD + _ALPHA * (plan.blend is not None)
    return pixels * (layers * plan.frames + field) + _BESIDES


def bytes_of_pictures(pictures: catalogue.Pictures) -> int:
    """Return how many bytes the pictures of an order take."""
    every = (pictures.images, *pictures.companions.values(), *pictures.maps.values())
    return sum(bytes_of(one) for one in _each(*every)) + _BESIDES


def bytes_of_profiles(order: Order) -> int:
    """Return how many bytes the colour profiles of an order take."""
    return sum(len(icc) for icc in (order.icc, *order.map_iccs.values()) if icc is not None)


def bytes_of(pixels: Any) -> int:
    """Return how many bytes a picture takes: Pillow's have four to a pixel, if they are of several channels."""
    if is_pil(pixels):
        return int(pixels.width * pixels.height * _mode_bytes(pixels.mode))
    return int(np.asarray(pixels).nbytes)


def _pixel_bytes(kind: PixelFormat, channels: int) -> int:
    return _mode_bytes(kind.mode) if kind.mode else channels * kind.dtype.itemsize


def _mode_bytes(mode: str) -> int:
    return 1 if mode in _SMALL else 2 if mode.startswith("I;16") else 4


def _each(*pictures: Any) -> Iterator[Any]:
    for one in pictures:
        if isinstance(one, tuple):
            yield from one
        elif one is not None:
            yield one
