"""What the commands share whose picture enters a model at a scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from ...catalogue import Options
from ...checks import as_image
from ...params import MOST_SCALES
from ...params.singan_tasks import Range
from ...types import Size
from ..options import Command, whole

if TYPE_CHECKING:
    from ...singan import Model


def own_size(model: Model, picture: Any, options: Options) -> Size:
    """Return (rows, columns) of a result that is as large as the picture that it is made from."""
    image = as_image(picture)[0]
    return image.shape[0], image.shape[1]


def injection_option(what: str, why: str, usual: str) -> Callable[[Command], Command]:
    """Give a command ``--start-scale``: what enters there, what a coarser scale does, and what is usual."""
    return click.option(
        "--start-scale", type=whole("start_scale", 1, MOST_SCALES - 1),
        help=f"The scale at which {what} enters: {why}.  [default: {usual}; 1 to the model's last]",
    )


def dilate_option(allowed: Range[int]) -> Callable[[Command], Command]:
    """Give a command ``--dilate``."""
    return click.option(
        "--dilate", type=whole("dilate", *allowed.limits), default=str(allowed.usual),
        help=f"Pixels that the mask grows by.  [default: {allowed.usual}; {allowed.low} to {allowed.high}]",
    )
