"""``patchloom singan superres``: the picture itself with more pixels."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ... import io
from ...catalogue import Options
from ...checks import size_of
from ...errors import FileError, ImageError, ParameterError, explain
from ...params import SINGAN_PRESETS, SinGANParams
from ...params.number import check, numbers_of
from ...params.singan_tasks import FACTOR
from ...types import Size
from ..exits import say
from ..inputs import Source, as_sources
from ..options import Checked, Command, as_number, real
from .checkpoints import Checkpoints, going_on, stopping
from .making import Call, making
from .opened import Opened, open_model
from .watching import Watch

if TYPE_CHECKING:
    from ...singan import Model, Sample

EXAMPLES = """\b
Examples:
  patchloom singan superres low.png --factor 4 --iterations 300 --out big.png
  patchloom singan superres low.png --model low.safetensors
  patchloom singan superres low.safetensors --factor 2.5 --out larger.png
"""

PRESET = SINGAN_PRESETS["superres"]


def _open(path: Path, values: Mapping[str, Any]) -> Opened:
    """Return a model, or what trains one on the picture that was given in its place."""
    if path.suffix.lower() not in io.MODEL_SUFFIXES:
        return _begun(path, values)
    for name in ("iterations", "model_out"):
        if values[name] is not None:
            option = "model" if name == "model_out" else name
            raise ParameterError(explain(option, values[name], f"{io.shown(path)} is trained already",
                                         "leave it out, or pass a picture"))
    return open_model(path, values)


def _begun(path: Path, values: Mapping[str, Any]) -> Opened:
    """Return the model of a picture before its training; what could not be used or written is refused here."""
    sources = as_sources([str(path)])
    if len(sources) > 1 or io.is_folder(path):
        raise FileError(explain("image", io.shown(path), "is a folder", "pass one picture, or one model"))
    from ...singan.train import begin_model

    picture, given = sources[0].read(), {name: values[name] for name in ("iterations",) if values[name] is not None}
    kept = None if values["model_out"] is None else Path(values["model_out"])
    if kept is None and values["count"] > 1:
        raise ParameterError(explain("count", values["count"], "each result of a picture takes a training of its own",
                                     "pass --model FILE, and that file afterwards"))
    if kept is not None:
        io.check_writable(kept, force=values["force"], suffixes=io.MODEL_SUFFIXES)
    whole = _whole(picture)
    params = replace(PRESET, max_size=max(whole, PRESET.max_size), **given)
    model = begin_model(picture.pixels, params=params, seed=values["seed"], device=values["device"])
    begun = Opened(sources[0], model, picture.sha256, "image", picture.icc, () if kept is None else (kept,))
    return replace(begun, ready=lambda: _trained(begun, picture, values))


def _whole(picture: io.Picture) -> int:
    """Return the longer side of a picture, if it can be trained on without making it smaller."""
    rows, cols = size_of(picture.pixels)
    most = int(numbers_of(SinGANParams)["max_size"].high)
    if max(rows, cols) > most:
        raise ImageError(explain("image", f"{cols} x {rows} pixels", f"sides must be at most {most}", "cut a part out"))
    return max(rows, cols)


def _trained(begun: Opened, picture: io.Picture, values: Mapping[str, Any]) -> Opened:
    """Train, and return the model; Ctrl-C keeps what is trained, if there is a file for it."""
    from ... import singan

    kept = begun.outputs[0] if begun.outputs else None
    checkpoints = None if kept is None else Checkpoints(kept, force=values["force"], icc=picture.icc)
    made = begun.model
    with stopping() as request, Watch(begun.model, begun.label, quiet=values["quiet"]) as watch:
        for step in singan.steps(picture.pixels, params=made.params, seed=made.seed, device=values["device"],
                                 threads=values["threads"]):
            if checkpoints is not None:
                checkpoints(step)
            watch(step)
            if request.made and not step.last:
                if checkpoints is not None:
                    checkpoints.write(step.model)
                    say(f"{io.shown(checkpoints.path)} keeps what is trained; go on with: "
                        + going_on(values["model"], checkpoints.path, values))
                raise click.Abort
            if step.last:
                made = step.model
    if kept is None:
        return replace(begun, model=made, ready=None)
    sha256 = hashlib.sha256(io.read_bytes(kept, "model")).hexdigest()
    return replace(begun, source=Source(kept), model=made, sha256=sha256, role="model", ready=None)


def _size(model: Model, picture: Any, options: Options) -> Size:
    from ...singan.superres import sizes_towards

    return sizes_towards(model, options["factor"])[-1]


def _iterations(make: Command) -> Command:
    """Give a command ``--iterations``."""
    limits = numbers_of(SinGANParams)["iterations"]
    kind = Checked("INTEGER", lambda text: check(SinGANParams, "iterations", as_number(text)))
    return click.option("--iterations", type=kind,
                        help="Of a picture: most iterations at a scale of its training."
                             f"  [default: {PRESET.iterations}; {limits.low:g} to {limits.high:g}]")(make)


@making("superres", short_help="A picture with more pixels.", epilog=EXAMPLES, opens=_open, sized=_size,
        training=("iterations", "model_out"))
@click.option("--factor", type=real("factor", *FACTOR.limits),
              default=f"{FACTOR.usual:g}",
              help=f"Of both sides.  [default: {FACTOR.usual:g}; above {FACTOR.low:g} to {FACTOR.high:g}]")
@click.option("--consistent/--drifting", default=True,
              help="Whether each step gives back what it differs in from the picture, once it is as small again; "
                   "without, as published, colours and contrast drift.  [default: consistent]")
@_iterations
@click.option("--model", "model_out", metavar="FILE",
              help="Of a picture: keep what is trained in this file too, for other factors.  [default: none]")
def superres(call: Call) -> Sample:
    """Make the picture that MODEL was trained on larger, with the detail that its own coarser scales teach.

    MODEL may also be a picture: then one is trained on it first, with the numbers of the preset "superres" and the
    seed of the result. A model that was trained before should have that preset too, and must have seen the whole
    picture (--max-size).
    """
    from ... import singan

    return singan.superres(
        call.model, factor=call.options["factor"], consistent=call.options["consistent"], **call.how
    )
