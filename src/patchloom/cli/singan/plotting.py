"""A training as a drawing: losses and errors of each scale."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import MissingExtraError, explain

if TYPE_CHECKING:
    from ...singan import Model

_POINTS = 400                                             # along a scale: more are means of neighbours
_COLUMNS = (                                              # title, (column of the record, what it is called) ...
    ("critic", ((0, "on the picture"), (1, "on a made one"), (2, "gradient penalty"))),
    ("generator: critic on its picture", ((3, ""),)),
    ("error of the reconstruction", ((4, ""),)),
)


def drawn(model: Model, name: str) -> bytes:
    """Return a PNG with a row per scale: the critic's losses, the generator's, and the reconstruction's error.

    Parameters
    ----------
    model : Model
        With its records.
    name : str
        What the title calls it.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError(
            explain("plot", "matplotlib", "is not installed", 'pip install "patchloom[torch]"')
        ) from error
    count = len(model.scales)
    figure: Any = Figure(figsize=(11, 0.7 + 1.35 * count), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(f"{name}: {count} of {model.count} scales", fontsize=11)
    axes = figure.subplots(count, 3, squeeze=False)
    for number, row in enumerate(axes):
        _draw_scale(model, number, row)
    for axis, (title, lines) in zip(axes[0], _COLUMNS, strict=True):
        axis.set_title(title, fontsize=10)
        if len(lines) > 1:
            axis.legend(fontsize=7, loc="best", framealpha=0.5)
    for axis in axes[-1]:
        axis.set_xlabel("iteration", fontsize=8)
    file = BytesIO()
    figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
    return file.getvalue()


def _draw_scale(model: Model, number: int, axes: Any) -> None:
    scale, (rows, cols) = model.scales[number], model.sizes[number]
    for axis, (_, lines) in zip(axes, _COLUMNS, strict=True):
        for column, called in lines:
            axis.plot(*_thinned(scale.record[:, column]), label=called, linewidth=1)
        axis.tick_params(labelsize=7)
        axis.grid(alpha=0.25)
    axes[2].axhline(scale.error, color="grey", linestyle=":", linewidth=1)
    axes[2].text(0.98, 0.06, f"in use {scale.error:.4f}", transform=axes[2].transAxes, fontsize=7, ha="right")
    axes[2].set_ylim(bottom=0)
    axes[0].set_ylabel(f"scale {number}\n{cols} x {rows}", fontsize=8)


def _thinned(values: Any) -> tuple[Any, Any]:
    """Return iterations and values to draw: means of as many neighbours as leave few enough."""
    step = max(1, -(-len(values) // _POINTS))
    starts = np.arange(0, len(values), step)
    sizes = np.diff(np.append(starts, len(values)))
    return starts + (sizes + 1) / 2, np.add.reduceat(np.asarray(values, np.float64), starts) / sizes
