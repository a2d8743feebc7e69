"""The numbers of training a SinGAN, and its named settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..errors import ParameterError, explain
from .number import check_all, number

PADDINGS = ("zero", "noise")
PRECISIONS = ("auto", "float32", "bfloat16")
NORMS = ("none", "batch")

MOST_SCALES = 32
"""That a model may have."""


@dataclass(frozen=True)
class SinGANParams:
    """The numbers of a training; the defaults are the preset ``default``.

    Scales are counted from 0, the coarsest.

    Raises
    ------
    ParameterError
        If a value is out of its range.

    Examples
    --------
    >>> SinGANParams().min_size
    25
    >>> SinGANParams(iterations=0)
    Traceback (most recent call last):
    patchloom.errors.ParameterError: iterations=0: must be a whole number, 1 to 100000; try 1
    """

    min_size: int = number(25, "Shorter side of the coarsest scale.", low=11, high=1024, unit="px")
    max_size: int = number(250, "Longer side of the finest scale; a larger picture is made smaller first.", low=16,
                           high=4096, unit="px")
    scales: int = number(
        0, "How many scales; 0 takes as many as lead to --min-size, and fewer begin coarser structure at a larger one.",
        low=0, high=MOST_SCALES,
    )
    ratio: float = number(0.75, "Size of a scale relative to the next finer one, before it is fitted to the sides.",
                          low=0.5, high=0.95)
    iterations: int = number(500, "Most iterations at a scale.", low=1, high=100_000)
    tolerance: float = number(
        0.0, "A scale ends early once its reconstruction gets no better by this share; 0 does all iterations.", low=0,
        high=1,
    )
    critic_steps: int = number(1, "Steps of the critic in an iteration.", low=1, high=20, expert=True)
    generator_steps: int = number(1, "Steps of the generator in an iteration.", low=1, high=20, expert=True)
    learning_rate: float = number(5e-4, "Of Adam, for both networks.", low=1e-6, high=0.1, expert=True)
    momentum: float = number(0.5, "Adam's first beta; the second is 0.999.", low=0, high=0.999, expert=True)
    decay_after: float = number(0.8, "Share of a scale's iterations after which the rate is a tenth.", low=0, high=1,
                                expert=True)
    penalty: float = number(0.1, "Weight of the critic's gradient penalty.", low=0, high=1000, expert=True)
    reconstruction: float = number(10.0, "Weight of the squared error of the reconstruction.", low=0, high=1e4)
    noise: float = number(
        0.1, "Noise at a scale, relative to the error of the reconstruction that comes from the scale before.", low=0,
        high=10, expert=True,
    )
    channels: int = number(32, "Of the networks at the coarsest scales; doubled every four.", low=4, high=1024)
    most_channels: int = number(128, "Of the networks at the finest scales.", low=4, high=1024, expert=True)
    critic_norm: str = number(
        "none", "Normalisation in the critic; batch hides contrast and sharpness from it.", choices=NORMS, expert=True
    )
    padding: str = number("zero", "What surrounds the noise: zeros, or more noise (for animation).", choices=PADDINGS)
    precision: str = number(
        "auto", "Of the convolutions; auto is bfloat16 where the device computes in it.", choices=PRECISIONS,
    )

    def __post_init__(self) -> None:
        check_all(self)
        for low, high in (("min_size", "max_size"), ("channels", "most_channels")):
            if getattr(self, low) > getattr(self, high):
                raise ParameterError(
                    explain(low, getattr(self, low), f"must be at most {high} ({getattr(self, high)})",
                            f"try {getattr(self, high)}")
                )


# Measured (docs/performance.md): one step of each network per iteration made equal or better pictures than the paper's
# three in a quarter of its time; three steps and a third of the iterations, as dear, made worse ones. Without batch
# normalisation the critic sees contrast and sharpness: patch SWD is half of what it is with it.
_default = SinGANParams()

SINGAN_PRESETS: Mapping[str, SinGANParams] = MappingProxyType(
    {
        "default": _default,
        # Every number, so that no default of ours changes what is the paper's.
        "paper": SinGANParams(
            min_size=25, max_size=250, scales=0, ratio=0.75, iterations=2000, tolerance=0.0, critic_steps=3,
            generator_steps=3, learning_rate=5e-4, momentum=0.5, decay_after=0.8, penalty=0.1, reconstruction=10.0,
            noise=0.1, channels=32, most_channels=128, critic_norm="batch", padding="zero", precision="float32",
        ),
        "superres": replace(_default, ratio=2 ** (-1 / 3), min_size=18, reconstruction=100.0),
        "animate": replace(_default, min_size=20, padding="noise"),
    }
)
"""Named settings: ``paper`` trains as the paper does, ``default`` is what we measured to be as good in less time;
the others are what two of the applications need."""
