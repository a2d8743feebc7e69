"""``patchloom singan paint``: paintings with the patches of the picture that a model was trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import click

from ...params import SinGANParams, check, numbers_of
from ...params.singan_tasks import COLOURS, PAINT_START
from ..options import Checked, as_number, whole
from .making import Call, making
from .parts import injection_option

if TYPE_CHECKING:
    from ...singan import Model, Quantised, Sample, Step

ITERATIONS = numbers_of(SinGANParams)["iterations"]

EXAMPLES = """\b
Examples:
  patchloom singan paint photo.safetensors painting.png
  patchloom singan paint photo.safetensors painting.png --quantise --count 4
  patchloom singan paint photo.safetensors paintings/ --start-scale 3 --size 200% --out out/
"""


@making("paint", takes="painting", size=True, short_help="A painting, with a picture's patches.", epilog=EXAMPLES)
@injection_option("the painting", "a coarser one leaves more of it open", str(PAINT_START))
@click.option("--quantise", is_flag=True,
              help="Reduce PAINTING to a few colours of the picture, and train that scale anew for such.")
@click.option("--colours", type=whole("colours", *COLOURS.limits),
              help=f"How many, with --quantise.  [default: {COLOURS.usual}; {COLOURS.low} to {COLOURS.high}]")
@click.option("--iterations", type=Checked("INTEGER", lambda text: check(SinGANParams, "iterations", as_number(text))),
              help="Of that training.  [default: as many as MODEL was trained with; "
                   f"{ITERATIONS.low:g} to {ITERATIONS.high:g}]")
def paint(call: Call) -> Sample:
    """Make pictures with the layout of PAINTING and the patches of the picture that MODEL was trained on.

    PAINTING is in about the colours of that picture, and may be of any size: it is stretched to the results'.
    """
    from ... import singan

    options, how = call.options, dict(call.how)
    start, colours, iterations = (options[name] for name in ("start_scale", "colours", "iterations"))
    if options["quantise"]:
        how["quantise"] = _learned(_Lesson(
            call.model, start, colours or COLOURS.usual, iterations, how["device"], how["threads"], call.tell
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
