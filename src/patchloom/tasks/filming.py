"""Frames -> a loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..motion import Frame, frame_guess, steadied, traced
from ..overlay import laid_over
from ..types import Plan, Step
from .delivery import voted

# Things that move slowly may still jump by this much, in pixels, from frame to frame: patches lie at whole pixels.
_LEAST_REACH = 3.0


def frame_plan(plan: Plan, frame: int) -> Plan:
    """Return what the engine runs for a frame; all have one seed, so that what looks alike finds alike."""
    return replace(plan, guess=frame_guess(plan, frame), drift=None)


def framed(plan: Plan, step: Step, *, threads: int) -> Frame:
    """Return the frame that ends with this step."""
    size = (plan.source[0].shape[0], plan.source[0].shape[1])
    made = voted(plan, step, threads=threads)
    return traced(step.fields.forward, size, plan.params.fold, made, threads=threads)


def fastest(plan: Plan) -> float:
    """Return how far the walk goes from a frame to the next at most, in pixels."""
    if plan.drift is None:
        return 0.0
    return float(np.abs(plan.drift - np.roll(plan.drift, 1, axis=0)).max()) * min(plan.sizes[0])


def filmed(plan: Plan, frames: Iterator[Frame]) -> dict[str, tuple[Any, ...]]:
    """Return the loop of the picture, under ``""``, and those of its maps, each frame as what they came as.

    Parameters
    ----------
    plan : Plan
        With its `drift`.
    frames : iterator of Frame
        All of them; three are held at a time, besides the first two.
    """
    loop: dict[str, list[Any]] = {name: [] for name in plan.layers}
    values = {name: layer.value for name, layer in plan.layers.items()}
    reach = max(_LEAST_REACH, fastest(plan))

    def add(before: Frame, frame: Frame, after: Frame) -> None:
        for name, image in steadied(before, frame, after, values, reach).items():
            loop[name].append(laid_over(image, plan.layers[name], plan.blend))

    first = before = next(frames)
    second = frame = next(frames)
    for after in frames:
        add(before, frame, after)
        before, frame = frame, after
    add(before, frame, first)
    add(frame, first, second)
    return {name: (pictures[-1], *pictures[:-1]) for name, pictures in loop.items()}
