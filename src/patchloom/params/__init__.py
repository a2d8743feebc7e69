"""Every number: default, bounds, unit and help. Nowhere else.

The command line's options, the docs and the studio's form are generated from
the fields of `GPNNParams` and `SinGANParams`.
"""

from __future__ import annotations

from .gpnn import (
    DIVERSITIES,
    MAX_CHANNELS,
    MAX_SEED,
    METHODS,
    PRESETS,
    GPNNParams,
    check_number,
    numbers,
    with_diversity,
    with_patch_size,
)
from .number import Number, check, numbers_of
from .singan import MOST_SCALES, PADDINGS, PRECISIONS, SINGAN_PRESETS, SinGANParams

__all__ = [
    "DIVERSITIES",
    "MAX_CHANNELS",
    "MAX_SEED",
    "METHODS",
    "MOST_SCALES",
    "PADDINGS",
    "PRECISIONS",
    "PRESETS",
    "SINGAN_PRESETS",
    "GPNNParams",
    "Number",
    "SinGANParams",
    "check",
    "check_number",
    "numbers",
    "numbers_of",
    "with_diversity",
    "with_patch_size",
]
