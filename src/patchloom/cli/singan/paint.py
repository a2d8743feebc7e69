"""``patchloom singan paint``: paintings with the patches of the picture that a model was trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import click

from .making import Call, making, whole
from .parts import injection_option

if TYPE_CHECKING:
    from ...singan import Model, Quantised, Sample, Step

USUAL_COLOURS, MOST_COLOURS, MOST_ITERATIONS = 5, 64, 100_000

EXAMPLES = """\b
Examples:
  patchloom singan paint photo.safetensors painting.png
  patchloom singan paint photo.safetensors painting.png --quantise --count 4
  patchloom singan paint photo.safetensors paintings/ --start-scale 3 --size 200% --out out/
"""


@making("paint", takes="painting", size=True, short_help="A painting, with a picture's patches.", epilog=EXAMPLES)
@injection_option("the painting", "a coarser one leaves more of it open", "2")
@click.option("--quantise", is_flag=True,
              help="Reduce PAINTING to a few colours of the picture, and train that scale anew for such.")
@click.option("--colours", type=whole("colours", 2, MOST_COLOURS),
              help=f"How many, with --quantise.  [default: 5; 2 to {MOST_COLOURS}]")
@click.option("--iterations", type=whole("iterations", 1, MOST_ITERATIONS),
              help="Of that training.  [default: as many as MODEL was trained with; 1 to 100000]")
def paint(call: Call) -> Sample:
    """Make pictures with the layout of PAINTING and the patches of the picture that MODEL was trained on.

    PAINTING is in about the colours of that picture, and may be of any size: it is stretched to the results'.
    """
    from ... import singan

    options, how = call.options, dict(call.how)
    start, colours, iterations = (options[name] for name in ("start_scale", "colours", "iterations"))
    if options["quantise"]:
        how["quantise"] = _learned(_Lesson(
            call.model, start, colours or USUAL_COLOURS, iterations, how["device"], how["threads"], call.tell
        ))
    else:
        how |= {"colours": colours, "iterations": iterations}
    return singan.paint(call.model, call.picture, start_scale=start, size=options["size"], **how)


@dataclass(frozen=True)
class _Lesson:
    """What a scale is trained anew with: once for all paintings and seeds of a command line."""

    model: Model
    start_scale: int | None
    colours: int
    iterations: int | None
    device: str
    threads: int
    tell: Callable[[float, str], None] = field(compare=False)


@lru_cache(maxsize=1)
def _learned(lesson: _Lesson) -> Quantised:
    from ... import singan

    def on_step(step: Step) -> None:
        lesson.tell((step.iteration + 1) / (step.iterations + 1), f"training scale {step.scale} on few colours")

    return singan.quantised(
        lesson.model, start_scale=lesson.start_scale, colours=lesson.colours, iterations=lesson.iterations,
        device=lesson.device, threads=lesson.threads, on_step=on_step,
    )
