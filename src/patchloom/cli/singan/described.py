"""What a model is, as JSON can hold it: for ``train`` and ``info``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...singan import Model


def described(model: Model) -> dict[str, Any]:
    """Return all of a model but its tensors; losses are those of each scale's last iteration."""
    from ...singan.model import LOSSES

    (rows, cols), (own_rows, own_cols) = model.sizes[-1], model.own_size
    scales = [
        {
            "scale": number, "width": model.sizes[number][1], "height": model.sizes[number][0],
            "channels": model.width(number), "iterations": len(scale.record), "noise": scale.amplitude,
            "error": scale.error, "losses": dict(zip(LOSSES, map(float, scale.record[-1]), strict=True)),
        }
        for number, scale in enumerate(model.scales)
    ]
    return {
        "width": cols, "height": rows, "own_width": own_cols, "own_height": own_rows, "channels": model.channels,
        "seed": model.seed, "precision": model.precision, "parameters": asdict(model.params), "count": model.count,
        "finished": model.unfinished is None, "inside_scale": bool(model.unfinished and model.unfinished.adam),
        "scales": scales,
    }
