"""New pictures from one picture, by nearest-neighbour patches (GPNN)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__
from .errors import (
    Cancelled,
    DeviceError,
    DeviceMemoryError,
    FileError,
    ImageError,
    InputError,
    MemoryBudgetError,
    MissingExtraError,
    ParameterError,
    PatchloomError,
)
from .gpnn import pnn, steps
from .params import PRESETS, GPNNParams, with_diversity, with_patch_size
from .patches import extract, vote
from .pixels import repeated
from .plans import mosaic
from .plans.moving import Move
from .pyramid import pyramid
from .search import completeness_weight, nearest
from .tasks import (
    analogy,
    animate,
    apply,
    collage,
    edit,
    extend,
    generate,
    harmonise,
    inpaint,
    paint,
    reshuffle,
    retarget,
    run,
    tile,
)
from .types import NNF, Blend, Fields, Plan, Result, Step, Transform

if TYPE_CHECKING:
    from . import metrics

__all__ = [
    "NNF",
    "PRESETS",
    "Blend",
    "Cancelled",
    "DeviceError",
    "DeviceMemoryError",
    "Fields",
    "FileError",
    "GPNNParams",
    "ImageError",
    "InputError",
    "MemoryBudgetError",
    "MissingExtraError",
    "Move",
    "ParameterError",
    "PatchloomError",
    "Plan",
    "Result",
    "Step",
    "Transform",
    "__version__",
    "analogy",
    "animate",
    "apply",
    "collage",
    "completeness_weight",
    "edit",
    "extend",
    "extract",
    "generate",
    "harmonise",
    "inpaint",
    "metrics",
    "mosaic",
    "nearest",
    "paint",
    "pnn",
    "pyramid",
    "repeated",
    "reshuffle",
    "retarget",
    "run",
    "steps",
    "tile",
    "vote",
    "with_diversity",
    "with_patch_size",
]


def __getattr__(name: str) -> Any:
    """Import what most programs need not wait for at its first use; `patchloom.singan` needs torch, too."""
    if name in ("metrics", "singan"):
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
