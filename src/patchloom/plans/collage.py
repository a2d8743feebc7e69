"""One picture out of several."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from ..cancelling import bands
from ..checks import as_image, as_mapping, as_seed, as_size
from ..compare import alike
from ..errors import ImageError, ParameterError, explain
from ..params import MAX_CHANNELS, GPNNParams
from ..regions import grown_inwards
from ..resize import resize
from ..types import Box, Image, Plan, Size
from .arranging import Boxes, arranged, blended, lying, placed
from .masked import shrinking, used
from .material import Material, Weights, as_params, check_side, gather, levels_for
from .mosaic import as_several, clear_of_seams, cut, joined, pyramids, side_by_side

Places: TypeAlias = Mapping[int, tuple[int, int]] | None
ManyMaps: TypeAlias = Mapping[str, Sequence[Any]] | None

MOST_WEIGHT = 100.0
"""Of a source, relative to another's 1."""

# The error that a patch costs, beside that of how it looks, as far from its own place as the side of an equal share of
# the result is long.
_PULL = 0.006


def collage(
    sources: Sequence[Any],
    size: Size | None = None,
    *,
    places: Places = None,
    layout: Any = None,
    weights: Sequence[float] | None = None,
    maps: ManyMaps = None,
    map_weights: Weights = None,
    params: GPNNParams | None = None,
    seed: int | None = None,
) -> Plan:
    """Plan one picture out of the patches of several, each of which appears.

    Parameters
    ----------
    sources : sequence of array or PIL image
        Two or more, of any sizes; all grey or all coloured. An opaque alpha is added or
        left out to suit the first.
    size : (rows, columns), optional
        Size of the result; by default the first source's.
    places : mapping of int to (row, column), optional
        Where the corner of a source lies in the result, by its number from 0; it may stick
        out. A later place lies on an earlier one, its border soft; a source without a place comes
        in by its patches only. By default the middles of all stand side by side and fill the result.
    layout : array or PIL image, optional
        What the result should roughly look like, of any size: a crude collage, a painting. Places go on top.
    weights : sequence of float, optional
        How much area each source gets where they stand side by side, up to 100; equal by default.
    maps : mapping of str to sequence of array or PIL image, optional
        For each name one map for each source, in their order.
    map_weights, params, seed
        As for `patchloom.plans.generate`; the numbers are by default ``PRESETS["collage"]``.

    Returns
    -------
    Plan
        Its source is the `mosaic` of the sources.

    Raises
    ------
    ImageError
        If a source, a map or the layout is no picture or does not go with the others.
    ParameterError
        If something is out of range, or weights have nothing to weigh.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4: collage; Simakov et al.,
    "Summarizing visual data using bidirectional similarity" (CVPR 2008).
    """
    params = as_params(params, "collage")
    sources = as_several(sources, 2, "sources")
    names = [f"source {number}" for number in range(1, len(sources) + 1)]
    checked = [as_image(source, name) for source, name in zip(sources, names, strict=True)]
    for (image, _), name in zip(checked, names, strict=True):
        check_side(image, params, name)
    boxes = side_by_side([(image.shape[0], image.shape[1]) for image, _ in checked])
    whole = joined(sources, checked, names)
    material = gather(whole, _mosaics(maps, boxes), map_weights, name="the sources together")
    out = (boxes[0][2], boxes[0][3]) if size is None else as_size(size, least=params.patch_size)
    places = as_mapping(places, "places", "sources by number to (row, column)")
    told = bool(places) or layout is not None
    sizes, shares = [box[2:] for box in boxes], _as_weights(weights, len(boxes), told)
    there, border = placed(sizes, places, out) if told else arranged(sizes, out, shares)
    parts = cut(material.image, boxes)
    if layout is None and len(there) == len(parts):
        parts = _drawn(parts, there, out, material.channels)
    guess = _guess(parts, there, out, border, None if layout is None else _as_layout(layout, material, out))
    levels, inside = pyramids(parts, params)
    levels, of_levels = used(*levels_for(levels, out, params), None, params)
    return Plan(
        levels, of_levels, shrinking(guess, of_levels, params)[-1], params, as_seed(seed), task="collage",
        layers=material.layers, boxes=inside[: len(levels)],
        valid=tuple(clear_of_seams(*level, params.patch_size) for level in zip(levels, inside, strict=False)),
    )


def _guess(parts: Sequence[Image], boxes: Boxes, out: Size, border: float, layout: Image | None) -> Image:
    """Return what the result looks like to begin with."""
    above, covered = np.zeros((*out, parts[0].shape[2]), np.float32), np.zeros(out, np.bool_)
    if boxes:
        above, covered = blended(parts, boxes, out, border)
    return grown_inwards(above, ~covered) if layout is None else np.where(covered[..., None], above, layout)


def _drawn(parts: Sequence[Image], boxes: Boxes, out: Size, channels: int) -> list[Image]:
    """Return pictures with channels more that say where each pixel lies, and so draw its patches there.

    Where sources look alike, one's patches would else do for the others.
    """
    mark = math.sqrt(_PULL * channels * len(boxes) / (out[0] * out[1]))
    apart = [axis for axis in (0, 1) if len({box[axis::2] for box in boxes.values()}) > 1]
    count = parts[0].shape[2]
    if count + len(apart) > MAX_CHANNELS:
        raise ImageError(
            explain("sources", f"{count} channels that weigh in the search", f"at most {MAX_CHANNELS - len(apart)}",
                    "use fewer, or weigh fewer maps; the others are for places")
        )
    drawn = []
    for number, part in enumerate(parts):
        places = [mark * lying(part.shape[axis], *boxes[number][axis::2]) for axis in apart]
        with_places = np.empty((*part.shape[:2], count + len(apart)), np.float32)
        for rows in bands(len(part), with_places[:1].size):
            with_places[rows, :, :count] = part[rows]
            for channel, (axis, place) in enumerate(zip(apart, places, strict=True), count):
                with_places[rows, :, channel] = place[rows, None] if axis == 0 else place
        drawn.append(with_places)
    return drawn


def _as_layout(layout: Any, material: Material, out: Size) -> Image:
    image, kind = as_image(layout, "layout")
    material = material.unweighed("a collage with a layout")
    return resize(alike(image, kind, material.kind, material.channels, material.clear,
                        ("layout", "sources")), out)


def _as_weights(weights: Any, count: int, told: bool) -> list[float]:
    if weights is None:
        return [1.0] * count
    try:
        found = [float(weight) for weight in weights]
    except (TypeError, ValueError):
        found = []
    got = ",".join(f"{weight:g}" for weight in found) or repr(weights)
    if told:
        raise ParameterError(
            explain("weights", got, "places and a layout say where each source goes", "leave one of them out")
        )
    if len(found) != count or not all(0 < weight <= MOST_WEIGHT for weight in found):
        raise ParameterError(
            explain("weights", got, f"must be {count} numbers above 0, at most {MOST_WEIGHT:g}",
                    "one for each source")
        )
    return found


def _mosaics(maps: ManyMaps, boxes: Sequence[Box]) -> dict[str, Any]:
    """Return one map for all sources under each name."""
    whole = {}
    for label, pictures in as_mapping(maps, "maps", "names to lists of pictures").items():
        pictures = as_several(pictures, 1, f"map {label}")
        if len(pictures) != len(boxes):
            raise ParameterError(
                explain(f"map {label}", f"{len(pictures)} pictures", f"must be {len(boxes)}", "one for each source")
            )
        names = [f"map {label} of source {number}" for number in range(1, len(boxes) + 1)]
        checked = [as_image(picture, name) for picture, name in zip(pictures, names, strict=True)]
        for (image, _), name, (_, _, rows, cols) in zip(checked, names, boxes, strict=True):
            if image.shape[:2] != (rows, cols):
                raise ImageError(
                    explain(name, f"{image.shape[1]} x {image.shape[0]} pixels", f"must be {cols} x {rows}",
                            "a map has the size of its source")
                )
        whole[label] = joined(pictures, checked, names)
    return whole
