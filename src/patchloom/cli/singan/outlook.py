"""What a training would do: its scales, and about how much memory it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import estimate

if TYPE_CHECKING:
    from ...singan import Model

_TORCH = 300 * 2**20                                      # the library itself, on the CPU
_KEPT = 256                                               # bytes per pixel and channel of a step; of the critic most
_NETWORKS = 2 * 4 * 4 + 4                                 # weights, slopes and two moments of two networks; and a copy


def outlook(model: Model) -> dict[str, Any]:
    """Return the scales of a training, its memory in bytes and its size, as JSON can hold them."""
    scales = [
        {"scale": number, "width": cols, "height": rows, "channels": model.width(number),
         "iterations": model.params.iterations}
        for number, (rows, cols) in enumerate(model.sizes)
    ]
    rows, cols = model.sizes[-1]
    width = model.width(model.count - 1)
    weights = 3 * 9 * width**2                            # the three inner convolutions, by far the most
    needed = _TORCH + rows * cols * width * _KEPT + weights * (_NETWORKS + 4 * model.count)
    return {"scales": scales, "estimated_bytes": needed}


def lines(model: Model, found: dict[str, Any], label: str, path: str) -> list[str]:
    """Return what people are told of an outlook."""
    rows, cols = model.sizes[-1]
    own_rows, own_cols = model.own_size
    table = [f"{label}: {own_cols} x {own_rows}, trained at {cols} x {rows}, {model.count} scales, seed {model.seed}",
             f"  {'scale':>5}  {'size':>11}  {'channels':>8}  iterations"]
    for scale in found["scales"]:
        size = f"{scale['width']} x {scale['height']}"
        table.append(f"  {scale['scale']:>5}  {size:>11}  {scale['channels']:>8}  up to {scale['iterations']}")
    return [*table, f"  about {estimate.amount(found['estimated_bytes'])} of memory", f"  would write {path}"]
