"""SinGAN: a generative model that is trained on one picture (extra ``torch``).

References
----------
Rott Shaham, Dekel, Michaeli, "SinGAN: Learning a Generative Model from a Single Natural Image" (ICCV 2019).
"""

from __future__ import annotations

from ..params import SINGAN_PRESETS as PRESETS
from ..params import SinGANParams
from . import _extra
from .animate import animate
from .edit import edit
from .harmonise import harmonise
from .model import Model, Scale
from .paint import paint
from .quantise import Quantised, quantised
from .sample import Sample, reconstruction, sample
from .superres import superres
from .train import Step, steps, train

__all__ = [
    "PRESETS",
    "Model",
    "Quantised",
    "Sample",
    "Scale",
    "SinGANParams",
    "Step",
    "animate",
    "edit",
    "harmonise",
    "paint",
    "quantised",
    "reconstruction",
    "sample",
    "steps",
    "superres",
    "train",
]

del _extra                                                # imported for its error alone
