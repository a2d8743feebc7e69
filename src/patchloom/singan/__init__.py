"""SinGAN: a generative model that is trained on one picture (extra ``torch``).

References
----------
Rott Shaham, Dekel, Michaeli, "SinGAN: Learning a Generative Model from a Single Natural Image" (ICCV 2019).
"""

from __future__ import annotations

from ..params import SINGAN_PRESETS as PRESETS
from ..params import SinGANParams
from . import _extra
from .model import Model, Scale
from .sample import Sample, sample
from .train import Step, steps, train

__all__ = [
    "PRESETS",
    "Model",
    "Sample",
    "Scale",
    "SinGANParams",
    "Step",
    "sample",
    "steps",
    "train",
]

del _extra                                                # imported for its error alone
