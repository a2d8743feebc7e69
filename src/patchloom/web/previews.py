"""What a run looks like while it gets on, for those who follow it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .. import estimate, io
from ..pixels import from_image
from ..resize import resize
from ..types import Image, Plan, Step
from .job import Job

SIDE = 384
"""Pixels of a preview's longer side at most."""

INTERVAL = 1 / 12
"""Seconds from one preview to the next at least."""

_SHARE = 0.1                                              # of a run's time that previews may take at most


class Viewer:
    """Notes how far a job is, and shows a preview now and then if anybody follows it.

    Parameters
    ----------
    job : Job
        That runs.
    count : int
        Of its results.
    clock : callable
        Seconds.
    """

    def __init__(self, job: Job, count: int, clock: Callable[[], float]) -> None:
        self._job, self._count, self._clock = job, count, clock
        self._next = clock()

    def on_step(self, index: int, plan: Plan) -> Callable[[Step], None]:
        """Return what a run of one of the job's results calls at each of its steps."""
        progress = estimate.progress(plan)

        def on_step(step: Step) -> None:
            done, now, told = (index + progress(step)) / self._count, self._clock(), None
            if self._job.followers and now >= self._next:
                told = {"index": index, **as_told(step, plan)}
                after = self._clock()
                self._next = after + max(INTERVAL, (after - now) / _SHARE)
            self._job.advance(done, told)

        return on_step


def as_told(step: Step, plan: Plan) -> dict[str, Any]:
    """Return what JSON tells of a step: people count levels and iterations from 1, from the coarsest on."""
    rows, cols = step.image.shape[:2]
    return {
        "seed": plan.seed, "level": len(plan.sizes) - step.level, "levels": len(plan.sizes),
        "iteration": step.iteration + 1, "width": cols, "height": rows, "preview": data_url(step.image, plan),
    }


def data_url(image: Image, plan: Plan) -> str:
    """Return a picture inside the engine as a small picture for a page."""
    layer = plan.layers[""]
    small = _reduced(image[..., : layer.value.shape[2]])
    kind = layer.kind
    if kind.mode != "CMYK":                               # colours of a palette, depths: all the same at 8 bits
        kind = replace(kind, mode="", palette=None)
    data, form = io.encode_small(from_image(small, kind))
    return f"data:{form};base64,{base64.b64encode(data).decode('ascii')}"


def _reduced(image: Image) -> Image:
    """Make a picture small before `from_image`: afterwards, as in `io.encode_preview`, takes four times as long."""
    longer = max(image.shape[:2])
    skip = max(1, longer // (2 * SIDE))                   # twice what is shown is enough to be smoothed
    image = image[::skip, ::skip]
    scale = SIDE / max(image.shape[:2])
    if scale >= 1:
        return image
    size = max(1, round(image.shape[0] * scale)), max(1, round(image.shape[1] * scale))
    return resize(np.ascontiguousarray(image), size)
