"""The values that flow through Patchloom: arrays by alias, the rest frozen."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .fields import NNF, Box, Fields, Image, Kept, Mask, Masks, Pyramid, Size, Wrap
from .layers import Blend, Layer, PixelFormat
from .params import GPNNParams

__all__ = [
    "NNF", "Blend", "Box", "Fields", "Image", "Kept", "Layer", "Mask", "Masks", "PixelFormat", "Plan", "Pyramid",
    "Result", "Size", "Stage", "Step", "Transform", "Wrap",
]


@dataclass(frozen=True, eq=False)
class Stage:
    """An output's size at some time of a run, and what of it stays as it is.

    Attributes
    ----------
    size : Size
        Of the output.
    free : Mask (H, W), optional
        Pixels that may change; by default all.
    known : Image (H, W, C), optional
        What the other pixels are.
    """

    size: Size
    free: Mask | None = None
    known: Image | None = None


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that a run needs, validated.

    Attributes
    ----------
    source : Pyramid
        The picture that patches come from, finest first; of several pictures, a mosaic.
    sizes : tuple of Size
        Size of the output at each level that the run visits, finest first;
        its length is at most that of `source`.
    guess : Image
        The initial guess before noise, of size ``path[0].size``, or else ``sizes[-1]``.
    params : GPNNParams
        All numbers.
    seed : int
        Decides everything random.
    task : str
        The application.
    layers : dict of str to Layer
        What the last field is applied to: the source under ``""``, and the maps by name.
    valid : tuple of Mask, optional
        Source patches that may be found at each level; by default all.
    free : tuple of Mask, optional
        Pixels of the output that may change at each level; by default all.
    known : Pyramid, optional
        What the other pixels are, at each level of the output.
    home : int32 array (H', W', 2), optional
        Where patches without a free pixel come from, at the finest level.
    blend : Blend, optional
        How the result is laid over the picture that it changes.
    boxes : tuple of tuple of Box, optional
        Where the pictures of a mosaic lie, at each level.
    wrap : (bool, bool)
        Whether the output's rows, and columns, go round.
    path : tuple of Stage
        What the coarsest level goes through before it has its own size.
    drift : float32 array (frames, k, l, 2), optional
        Of an animation: how far the guess is displaced at each frame, (rows, columns) in
        shorter sides, at knots over the picture.
    """

    source: Pyramid
    sizes: tuple[Size, ...]
    guess: Image
    params: GPNNParams
    seed: int
    task: str = "generate"
    layers: Mapping[str, Layer] = field(default_factory=dict)
    valid: tuple[Mask, ...] | None = None
    free: tuple[Mask, ...] | None = None
    known: Pyramid | None = None
    home: npt.NDArray[np.int32] | None = None
    blend: Blend | None = None
    boxes: tuple[tuple[Box, ...], ...] | None = None
    wrap: Wrap = (False, False)
    path: tuple[Stage, ...] = ()
    drift: npt.NDArray[np.float32] | None = None

    @property
    def frames(self) -> int:
        """How many pictures the run makes."""
        return 1 if self.drift is None else len(self.drift)

    def iterations_at(self, level: int) -> int:
        """Return how often a visit of a level may iterate; a lone level has all of its work to do."""
        coarsest = level + 1 == len(self.sizes) > 1
        return self.params.coarsest_iterations if coarsest else self.params.iterations

    def most_iterations(self, level: int) -> int:
        """Return how often a level may iterate at all of its visits."""
        return self.iterations_at(level) * (1 + len(self.path) * (level + 1 == len(self.sizes)))

    def stage(self, level: int) -> Stage:
        """Return the output's size at a level and what of it stays."""
        free = None if self.free is None else self.free[level]
        return Stage(self.sizes[level], free, None if self.known is None else self.known[level])

    def params_at(self, level: int) -> GPNNParams:
        """Return the numbers at a level: completeness counts at the coarsest ones only."""
        complete = len(self.sizes) - level <= self.params.complete_levels
        return self.params if complete else replace(self.params, alpha=math.inf)


@dataclass(frozen=True, eq=False)
class Step:
    """One iteration at one level, as the engine yields it.

    Attributes
    ----------
    level : int
        0 is the finest.
    iteration : int
        Counted from 0 at each level.
    changed : float
        Share of patches whose neighbour moved in this iteration, 0 to 1; 1 in the first of a level.
    method : str
        The search that was used: ``exact`` or ``patchmatch``.
    last : bool
        True for the last step of the whole run, or of a frame.
    whole : callable
        Makes `image` and `fields`, at the first look at them: most runs change a part only,
        and most steps are not looked at.
    """

    level: int
    iteration: int
    changed: float
    method: str
    last: bool
    whole: Callable[[], tuple[Image, Fields]]

    @cached_property
    def _made(self) -> tuple[Image, Fields]:
        return self.whole()

    @property
    def image(self) -> Image:
        """The current picture, of this level's size."""
        return self._made[0]

    @property
    def fields(self) -> Fields:
        """The fields that made it."""
        return self._made[1]


@dataclass(frozen=True, eq=False)
class Transform:
    """What a run did to its source: enough to do it to another picture of the same size.

    Attributes
    ----------
    nnf : NNF
        Which source patch each patch of the result comes from.
    blend : Blend or None
        How the result was laid over the picture that it changes.
    fold : float
        Standard deviation of the vote's Gaussian in half patches.
    """

    nnf: NNF
    blend: Blend | None
    fold: float


@dataclass(frozen=True, eq=False)
class Result:
    """What a task returns.

    Attributes
    ----------
    image : array or PIL image
        Of the type, dtype and channels of the picture that was passed in.
    nnf : NNF
        The field of the last vote: which source patch each patch came from.
    params : GPNNParams
        The numbers that were used.
    seed : int
        The seed that was used; the same seed gives the same bytes.
    methods : tuple of str
        The search used at each level, finest first.
    iterations : tuple of int
        Iterations done at each level, finest first.
    timings : dict
        Seconds spent at each level, by level number.
    maps : dict
        The maps, following the same field, each of the type that was passed in; of an
        animation a tuple of all frames.
    blend : Blend, optional
        How the result was laid over the picture that it changes; with `nnf` it makes the
        same of another picture (`patchloom.apply`).
    frames : tuple
        Of an animation, like `image`, which is the first; the last leads back to it.
    device : str
        What it ran on, for people: ``"cpu"``, or ``"cuda:0 (NVIDIA H200, torch 2.13.0)"``; no result depends on it.
    """

    image: Any
    nnf: NNF
    params: GPNNParams
    seed: int
    methods: tuple[str, ...]
    iterations: tuple[int, ...]
    timings: dict[int, float] = field(default_factory=dict)
    maps: dict[str, Any] = field(default_factory=dict)
    blend: Blend | None = None
    frames: tuple[Any, ...] = ()
    device: str = "cpu"

    @property
    def transform(self) -> Transform:
        """What was done to the source, to be done to another picture by `patchloom.apply`."""
        return Transform(self.nnf, self.blend, self.params.fold)
