"""What a metric is, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from .comparison import Comparison


@dataclass(frozen=True)
class Measured:
    """A figure, and what has to be known to read it.

    Attributes
    ----------
    value : float
        The figure.
    details : mapping of str to value
        More figures and facts that came with it, each fit for JSON.
    note : str
        One sentence where the figure means less than usual; else empty.
    """

    value: float
    details: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    note: str = ""


@dataclass(frozen=True)
class Metric:
    """One metric of a generated picture and its source.

    Attributes
    ----------
    name : str
        That of its function in `patchloom.metrics`.
    compute : callable
        Comparison -> `Measured`; raises `ImageError` where the pictures do not suit it.
    range : str
        Smallest to largest value.
    better : {"lower", "higher", "near 1", "neither"}
        Which way is better.
    help : str
        One sentence.
    needs : str
        Empty, or what `Comparison.given` must hold for it.
    """

    name: str
    compute: Callable[[Comparison], Measured]
    range: str
    better: str
    help: str
    needs: str = ""
