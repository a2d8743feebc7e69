"""What training makes: the values that everything else starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..params import SinGANParams
from ..types import Image, PixelFormat, Pyramid, Size
from .networks import Tensor
from .scales import fitted_ratio, real_pictures, scale_sizes, width_at

LOSSES = ("real", "fake", "penalty", "adversarial", "error")
"""Columns of a scale's record: the critic's mean on the real picture and on a generated one, its gradient penalty,
the critic's mean on the generator's picture, and the reconstruction's root mean squared error, intensities on [0, 1];
each of the last step of an iteration."""

Weights = Mapping[str, Tensor]
"""Float32 tensors on the CPU, by the names of a network's state."""


@dataclass(frozen=True, eq=False)
class Scale:
    """A scale, trained or in training.

    Attributes
    ----------
    generator : mapping of str to tensor
        Parameters and running statistics.
    amplitude : float
        Of its noise, on the networks' range [-1, 1].
    record : float32 array (iterations, 5)
        What `LOSSES` names, for each iteration.
    error : float
        Root mean squared error of the reconstruction by the generator as it is used afterwards,
        intensities on [0, 1].
    """

    generator: Weights
    amplitude: float
    record: npt.NDArray[np.float32]
    error: float


@dataclass(frozen=True, eq=False)
class Unfinished:
    """What else a training needs to go on.

    Attributes
    ----------
    critic : mapping of str to tensor
        Of the last scale.
    adam : mapping of str to tensor
        The optimisers' moments, if the last scale is not through; empty if it is.
    """

    critic: Weights
    adam: Weights = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Model:
    """A SinGAN of one picture, as `patchloom.singan.train` makes and `patchloom.io.save_model` keeps it.

    Attributes
    ----------
    image : Image
        The picture at the finest scale.
    kind : PixelFormat
        What it came as, and samples become.
    params : SinGANParams
        The numbers of the training.
    seed : int
        Of the training.
    scales : tuple of Scale
        Coarsest first; those that are trained, and the one in training.
    own_size : Size
        Of the picture as it was passed, which may be larger.
    precision : str
        Of the convolutions in training: float32 or bfloat16.
    unfinished : Unfinished, optional
        Of a training that was stopped.
    icc : bytes, optional
        Colour profile of the picture's file, for those that are made with the model.
    """

    image: Image
    kind: PixelFormat
    params: SinGANParams
    seed: int
    scales: tuple[Scale, ...]
    own_size: Size
    precision: str = "float32"
    unfinished: Unfinished | None = None
    icc: bytes | None = None

    @cached_property
    def _fit(self) -> tuple[int, float]:
        return fitted_ratio((self.image.shape[0], self.image.shape[1]), self.params)

    @property
    def count(self) -> int:
        """How many scales the training has when it is through."""
        return self._fit[0]

    @property
    def ratio(self) -> float:
        """Size of a scale relative to the next finer one."""
        return self._fit[1]

    @property
    def channels(self) -> int:
        """Of the pictures."""
        return self.image.shape[2]

    @cached_property
    def sizes(self) -> tuple[Size, ...]:
        """Of all scales, coarsest first."""
        return scale_sizes((self.image.shape[0], self.image.shape[1]), self.count, self.ratio)

    @cached_property
    def reals(self) -> Pyramid:
        """The picture at all scales, coarsest first."""
        return real_pictures(self.image, self.count, self.ratio)

    def width(self, scale: int) -> int:
        """Return the channels of a scale's networks."""
        return width_at(self.params, scale)

    @property
    def size(self) -> Size:
        """Of the finest scale that is there: what a sample has unless it is told otherwise."""
        return self.sizes[len(self.scales) - 1]
