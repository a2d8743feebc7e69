"""How good, how complete and how new a generated picture is: the field's metrics, all (generated, source) -> float."""

from __future__ import annotations

from .comparison import Comparison, compare
from .measured import Measured, Metric
from .measuring import METRICS, measure
from .patch import coherence

__all__ = ["METRICS", "Comparison", "Measured", "Metric", "coherence", "compare", "measure"]
