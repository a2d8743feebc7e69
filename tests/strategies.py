"""What hypothesis draws: tiny pictures, patch sizes, masks."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

patch_sizes = st.sampled_from([3, 5, 7])
seeds = st.integers(0, 2**64 - 1)


def pictures(
    *,
    least: int = 7,
    most: int = 14,
    channels: st.SearchStrategy[int] | None = None,
    low: float = 0.0,
    high: float = 1.0,
) -> st.SearchStrategy[Any]:
    """Float32 pictures (H, W, C); channels 1, 3 or 4 unless told."""
    sides = st.integers(least, most)
    shapes = st.tuples(sides, sides, st.sampled_from([1, 3, 4]) if channels is None else channels)
    return shapes.flatmap(
        lambda shape: st.integers(0, 2**32 - 1).map(
            lambda seed: (np.random.default_rng(seed).random(shape) * (high - low) + low).astype(np.float32)
        )
    )
