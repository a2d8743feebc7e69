"""How good, how complete and how new a generated picture is: the field's metrics, all (generated, source) -> float."""

from __future__ import annotations

from .comparison import Comparison, compare
from .copying import identity_share, rigid_share, top_offsets
from .diversity import nnfdist, nnfdiv, pixel_diversity
from .frechet import frechet_distance
from .inception import Inception, load_inception
from .measured import Measured, Metric
from .measuring import METRICS, measure
from .niqe import niqe
from .patch import bidirectional, bidirectional_multiscale, coherence, completeness
from .pristine import NiqeModel, fit_niqe
from .seams import seam, tile_coherence, tile_seam
from .sharpness import sharpness_ratio
from .sifid import sifid64, sifid192
from .sliced import patch_swd

__all__ = [
    "METRICS", "Comparison", "Inception", "Measured", "Metric", "NiqeModel", "bidirectional",
    "bidirectional_multiscale", "coherence", "compare", "completeness", "fit_niqe", "frechet_distance",
    "identity_share", "load_inception", "measure", "niqe", "nnfdist", "nnfdiv", "patch_swd", "pixel_diversity",
    "rigid_share", "seam", "sharpness_ratio", "sifid64", "sifid192", "tile_coherence", "tile_seam", "top_offsets",
]
