"""Whether what is to be made with a model fits into a file and into this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import io
from ...checks import machine_memory
from ...errors import MemoryBudgetError, ParameterError, explain
from ...estimate import amount
from ...types import Size

if TYPE_CHECKING:
    from ...singan import Model

_VALUES = 10                                              # float32, held for each value of a result (8 measured)


def check_fits(model: Model, size: Size, frames: int) -> None:
    """Refuse results that are too large to be made or written.

    Parameters
    ----------
    model : Model
        That they are made with.
    size : Size
        Of each.
    frames : int
        Held at a time.

    Raises
    ------
    ParameterError
        If a picture has more pixels than are read or written.
    MemoryBudgetError
        If they need more memory than the machine has.
    """
    rows, cols = size
    if rows * cols > io.MAX_PIXELS:
        raise ParameterError(
            explain("size", f"{cols}x{rows}", f"must be at most {io.MAX_PIXELS // 10**6} megapixels", "ask for less")
        )
    # Networks work in bands of rows, and take no more of a larger result.
    needed = rows * cols * model.channels * (4 * _VALUES + frames * model.kind.dtype.itemsize)
    there = machine_memory()
    if there is not None and needed > there:
        raise MemoryBudgetError(
            explain("memory", amount(there), f"{cols} x {rows} pixels need about {amount(needed)}",
                    f"ask for a smaller size{' or fewer frames' if frames > 1 else ''}")
        )
