"""Measuring one pair of files, in this process or another."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .. import io, metrics
from ..checks import as_mask, is_pil
from ..errors import ImageError, PatchloomError
from ..io import headers
from .inputs import Input, Source, partner
from .measure_pairs import Pair

FILE = "file format"
"""What stands for a metric's name where a note is about the sample's file."""

LOSSY = ("the sample is a JPEG, whose losses alone can raise coherence severalfold: compare it with samples of the same"
         " format and quality")


@dataclass(frozen=True)
class Setup:
    """How pairs are measured; it can be sent to another process.

    Attributes
    ----------
    metrics : tuple of str
        Their names, in the order of tables.
    patch_size, method, threads
        As for `patchloom.metrics.measure`.
    rgb : bool
        Bring both pictures to RGB first.
    given : mapping of str to value
        What some metrics need, by `Metric.needs`.
    mask : str, optional
        A file, a folder or a template: what they need besides for each pair.
    """

    metrics: tuple[str, ...]
    patch_size: int = 7
    method: str = "exact"
    threads: int = 1
    rgb: bool = False
    given: Mapping[str, Any] = field(default_factory=dict)
    mask: str | None = None


@dataclass(frozen=True)
class Row:
    """What was measured of a pair.

    Attributes
    ----------
    source, sample : str
        As messages call them.
    values : mapping of str to float
        By metric; nan where the pictures do not suit it.
    details : mapping of str to mapping
        More, by metric, where there is more.
    notes : mapping of str to tuple of str
        By metric, or by `FILE`, where a figure means less than usual.
    shape : tuple of int
        Of the sample's pixels: (rows, columns, channels).
    seconds : float
        What it took.
    """

    source: str
    sample: str
    values: Mapping[str, float]
    details: Mapping[str, Mapping[str, Any]]
    notes: Mapping[str, tuple[str, ...]]
    shape: tuple[int, ...]
    seconds: float = 0.0


def measured(setup: Setup, pair: Pair) -> Row:
    """Read and measure a pair.

    Raises
    ------
    PatchloomError
        If that cannot be done.
    """
    start = time.perf_counter()
    source, sample = _read("source", pair.source, setup), _read("sample", pair.sample, setup)
    given = dict(setup.given)
    shape = _shape(sample)
    if setup.mask is not None:
        given["mask"] = _mask(setup.mask, pair, (shape[0], shape[1]))
    try:
        found = metrics.measure(
            sample, source, setup.metrics, patch_size=setup.patch_size, method=setup.method, threads=setup.threads,
            given=given,
        )
    except ImageError as error:
        raise _with_remedy(error) from error
    notes = {name: one.notes for name, one in found.items() if one.notes}
    return Row(
        pair.source.label,
        pair.sample.label,
        {name: one.value for name, one in found.items()},
        {name: dict(one.details) for name, one in found.items() if one.details},
        {FILE: (LOSSY,), **notes} if "coherence" in found and is_jpeg(pair.sample) else notes,
        shape,
        time.perf_counter() - start,
    )


def _with_remedy(error: ImageError) -> ImageError:
    """Return an error whose remedy is an option of the command line."""
    text = str(error)
    rgb = "pass --rgb to measure both as RGB"
    for said, option in (("convert one of them", rgb), ("convert it to RGB", rgb), ("patch_size", "--patch-size")):
        text = text.replace(said, option)
    return type(error)(text)


def _read(role: str, source: Source, setup: Setup) -> Any:
    pixels = Input(role, source).read().pixels
    return as_rgb(pixels) if setup.rgb else pixels


def shape_of(source: Source, role: str) -> tuple[int, ...]:
    """Return (rows, columns, channels) of a picture as its file has it; errors call it by its part."""
    return _shape(Input(role, source).read().pixels)


def _shape(pixels: Any) -> tuple[int, ...]:
    if is_pil(pixels):
        return pixels.height, pixels.width, len(pixels.getbands())
    return *pixels.shape[:2], 1 if pixels.ndim == 2 else pixels.shape[2]


def as_rgb(pixels: Any) -> Any:
    """Return the pixels of a file in RGB and their own depth: grey repeated, palettes expanded, alpha left out."""
    if is_pil(pixels):
        return pixels.convert("RGB")
    array = pixels if pixels.ndim == 3 else pixels[..., None]
    colours = array[..., : array.shape[2] - (array.shape[2] in (2, 4))]
    return np.repeat(colours, 3, axis=2) if colours.shape[2] == 1 else np.ascontiguousarray(colours)


def is_jpeg(source: Source) -> bool:
    """Return whether a picture's file is a JPEG, by its first bytes."""
    start = source.data or (io.read_bytes(source.path) if source.path else b"")
    return headers.sniff(start) == "JPEG"


def _mask(text: str, pair: Pair, size: tuple[int, int]) -> Any:
    """Return the mask that goes with a pair: a folder's or a template's goes by the name of the source."""
    found = Input("mask", partner(text, pair.source, "mask"))
    return as_mask(found.read().pixels, size)


@dataclass(frozen=True)
class Spread:
    """How far the samples of one source lie apart.

    Attributes
    ----------
    source : str
        As messages call it.
    n : int
        Samples that were measured.
    value : float
        Pixel diversity; nan if there is none.
    note : str
        Why there is none; else empty.
    """

    source: str
    n: int
    value: float
    note: str = ""


def diversity(pairs: Sequence[Pair], rows: Sequence[Row], setup: Setup) -> Spread:
    """Return the pixel diversity of the samples of one source, two or more."""
    found = Spread(rows[0].source, len(rows), math.nan)
    sizes = sorted({row.shape[:2] for row in rows})
    if len(sizes) > 1:
        shown = ", ".join(f"{cols} x {rows}" for rows, cols in sizes[:3]) + (" and more" if len(sizes) > 3 else "")
        return replace(found, note=f"its samples must be of one size, and are of {shown}")
    try:
        source = _read("source", pairs[0].source, setup)
        samples = [_read("sample", pair.sample, setup) for pair in pairs]
        return replace(found, value=metrics.pixel_diversity(samples, source))
    except PatchloomError as error:
        return replace(found, note=str(error))
