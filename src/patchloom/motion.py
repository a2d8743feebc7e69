"""Frames that follow one another: a closed walk in noise, pictures displaced by it, and one picture out of three."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import kernels
from .cancelling import bands, check
from .patches import vote
from .resize import cubic, resize
from .search.patchmatch import mix
from .types import NNF, Image, Plan, Size

# How often the walk's parts go round in a loop, and how much each counts.
_TURNS = ((1, 1.0), (2, 0.5))
# Knots of the noise along the shorter side: things a quarter of the picture apart move on their own.
_KNOTS = 4
_WALK = 11                                                # told apart from other uses of the seed

# Patches beside each other whose sources lie apart by more than this, in pixels, do not show one thing.
_APART = 2
_SIDES = np.float32(0.25)                                 # weight of the frame before, and of the one after


def walk(size: Size, frames: int, seed: int) -> npt.NDArray[np.float32]:
    """Return a closed walk in noise.

    Parameters
    ----------
    size : Size
        Of the picture: its shape decides how many knots there are.
    frames : int
        At least 4; the last is as near to the first as to the one before it.
    seed : int
        Decides the noise.

    Returns
    -------
    float32 array (frames, k, l, 2)
        Standard normal, smooth in time: rows and columns of displacement at knots over the picture.
    """
    rows, cols = (max(2, (_KNOTS * side + min(size) // 2) // min(size)) for side in size)
    total = math.sqrt(sum(weight * weight for _, weight in _TURNS))
    out = np.zeros((frames, rows, cols, 2), np.float64)
    circle = _circle(frames)
    for turns, weight in _TURNS:
        ends = [kernels.noise((rows, cols, 2), mix(seed, _WALK, turns, end), threads=1) for end in (0, 1)]
        for frame in range(frames):
            cosine, sine = circle[frame * turns % frames]
            out[frame] += weight / total * (cosine * ends[0].astype(np.float64) + sine * ends[1].astype(np.float64))
    return out.astype(np.float32)


def _circle(count: int) -> list[tuple[float, float]]:
    """Return (cos, sin) of so many equal parts of a circle from additions and multiplications alone."""
    angle = 2 * math.pi / count
    cosine, sine, term = 1.0, 0.0, 1.0
    for n in range(1, 26):                                # Taylor's series; the angle is at most a quarter
        term = term * angle / n
        sign = -1.0 if n % 4 in (2, 3) else 1.0
        if n % 2:
            sine += sign * term
        else:
            cosine += sign * term
    points = [(1.0, 0.0)]
    for _ in range(count - 1):
        x, y = points[-1]
        points.append((x * cosine - y * sine, x * sine + y * cosine))
    return points


def displaced(image: Image, shift: Image) -> Image:
    """Return `image` with each pixel taken from `shift` (H, W, 2) away: rows and columns, in pixels."""
    places = _own((shift.shape[0], shift.shape[1]))
    for rows in bands(len(places), places[:1].size):
        places[rows] += shift[rows]
    return sample(image, places)


def frame_guess(plan: Plan, frame: int) -> Image:
    """Return what a frame starts from: the plan's guess, displaced."""
    if plan.drift is None:
        raise AssertionError("only an animation has frames")
    size = (plan.guess.shape[0], plan.guess.shape[1])
    shift = resize(plan.drift[frame], size) * np.float32(min(size))
    if plan.blend is not None:                            # what stays does not move, and its surroundings little
        shift *= np.clip(resize(plan.blend.alpha[..., None], size), 0, 1)
    return displaced(plan.guess, shift)


def _own(size: Size) -> Image:
    """Return each pixel's own (row, column)."""
    own = np.empty((*size, 2), np.float32)
    for rows in bands(size[0], own[:1].size):
        own[rows, :, 0] = np.arange(rows.start, rows.stop)[:, None]
        own[rows, :, 1] = np.arange(size[1])
    return own


def _range(image: Image) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the smallest and the largest value of each channel."""
    ends = [(image[rows].min(axis=(0, 1)), image[rows].max(axis=(0, 1)))
            for rows in bands(len(image), 8 * image[:1].size)]
    low, high = zip(*ends, strict=True)
    return np.minimum.reduce(low), np.maximum.reduce(high)


def sample(image: Image, places: Image) -> Image:
    """Return the values at places between pixels, by cubic convolution, within the range of `image`.

    Parameters
    ----------
    image : Image (K, L, C)
        What is sampled; beyond its border the border goes on.
    places : Image (H, W, 2)
        (row, column), in pixels.

    Returns
    -------
    Image (H, W, C)
    """
    low, high = _range(image)
    out = np.empty((*places.shape[:2], image.shape[2]), np.float32)
    for rows in bands(len(out), 16 * out[:1].size):
        out[rows] = np.clip(_sampled(image, places[rows]), low, high)
    return out


def _sampled(image: Image, places: Image) -> Image:
    whole = np.floor(places)
    rest = places - whole
    corner = whole.astype(np.int64)
    weights = [
        [cubic(rest[..., axis].astype(np.float64) - step).astype(np.float32) for step in range(-1, 3)]
        for axis in (0, 1)
    ]
    at = [
        [np.clip(corner[..., axis] + step, 0, image.shape[axis] - 1) for step in range(-1, 3)] for axis in (0, 1)
    ]
    out = np.zeros((*places.shape[:2], image.shape[2]), np.float32)
    for row, along in zip(at[0], weights[0], strict=True):
        for col, across in zip(at[1], weights[1], strict=True):
            out += (along * across)[..., None] * image[row, col]
    return out


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame as the engine made it.

    Attributes
    ----------
    places : Image (H, W, 2)
        Where in the source each pixel comes from, between pixels: the vote of its patches.
    sure : Image (H, W, 1)
        1 where these patches are neighbours in the source too, so that there is such a place, else 0.
    voted : dict of str to Image
        The picture under ``""`` and the maps by name.
    """

    places: Image
    sure: Image
    voted: dict[str, Image]


def traced(nnf: NNF, size: Size, fold: float, voted: dict[str, Image], *, threads: int = 1) -> Frame:
    """Return a frame from its field; `size` is that of the source."""
    return Frame(vote(_own(size), nnf, sigma=fold, threads=threads), _sure(nnf), voted)


def _sure(nnf: NNF) -> Image:
    """Return 1 where all patches over a pixel lie beside each other in the source, else 0; soft in between."""
    away = nnf.index - _own((nnf.index.shape[0], nnf.index.shape[1])).astype(np.int32)
    apart = np.zeros(away.shape[:2], np.bool_)
    for axis in (0, 1):
        check()
        seam = np.abs(np.diff(away, axis=axis)).max(axis=2) > _APART
        for side in ((1, 0), (0, 1)):
            width = [(0, 0), (0, 0)]
            width[axis] = side
            apart |= np.pad(seam, width)
    seams = kernels.window(apart, nnf.patch_size, full=True).astype(np.float32)
    check()
    soft = np.pad(seams, 1, mode="edge")
    third = np.float32(1 / 3)
    soft = (soft[:-2] + soft[1:-1] + soft[2:]) * third
    soft = (soft[:, :-2] + soft[:, 1:-1] + soft[:, 2:]) * third
    sure: Image = np.where(seams > 0, np.float32(0), 1 - soft)[..., None]
    return sure


def steadied(before: Frame, frame: Frame, after: Frame, values: dict[str, Image], reach: float) -> dict[str, Image]:
    """Return a frame whose patches vote together with those of the frames before and after it.

    Where the three show the same part of the source, not farther apart than it may have moved, the
    places are averaged and the source is sampled there: motion becomes smooth, and stays sharp. Elsewhere colours are
    averaged: what appears and vanishes does so over three frames.

    Parameters
    ----------
    before, frame, after : Frame
        Frames that follow one another.
    values : dict of str to Image
        The source under ``""``, and its maps.
    reach : float
        How far something may move from frame to frame, in pixels; nothing moves twice as far.

    Returns
    -------
    dict of str to Image
        The picture and the maps.
    """
    places, near = frame.places.copy(), []
    for other in (before, after):
        check()
        way = other.places - frame.places
        close = np.clip(2 - np.abs(way).max(axis=2, keepdims=True) / np.float32(reach), 0, 1)
        near.append(close * frame.sure * other.sure)
        places += _SIDES * near[-1] * way
    made = {}
    for name, voted in frame.voted.items():
        check()
        image = voted + frame.sure * (sample(values[name], places) - voted)
        check()
        sides = [share * image + (1 - share) * other.voted[name] for share, other in zip(near, (before, after),
                                                                                      strict=True)]
        made[name] = (1 - 2 * _SIDES) * image + _SIDES * (sides[0] + sides[1])
    return made
