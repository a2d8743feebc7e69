"""Types of the compiled kernels; kernels/native.py says what they mean."""

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]

def isa() -> str: ...
def select_isa(name: str) -> None: ...
def noise(out: Array, seed: int, threads: int, /) -> None: ...
def resize(
    image: Array, row_index: Array, row_weight: Array, col_index: Array, col_weight: Array, out: Array,
    row0: int, row1: int, threads: int, /,
) -> None: ...
def vote(
    value: Array, index: Array, fold: Array, out: Array, row0: int, row1: int, threads: int, /
) -> None: ...
def distance(
    query: Array, key: Array, patch: int, index: Array, out: Array, row0: int, row1: int, threads: int, /
) -> None: ...
def exact(
    query: Array, key: Array, patch: int, weight: Array | None, valid: Array | None, index: Array, out: Array,
    row0: int, row1: int, down0: int, down1: int, threads: int, /,
) -> None: ...
def sweep(
    query: Array, key: Array, patch: int, weight: Array | None, valid: Array | None, active: Array | None,
    old_index: Array, old_distance: Array, new_index: Array, new_distance: Array,
    jump: int, trials: int, seed: int, row0: int, row1: int, threads: int, /,
) -> None: ...
