"""``patchloom singan info``: what a model is, and how its training went."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ... import io
from ..._version import __version__
from ...errors import ParameterError, explain
from ...params import SINGAN_PRESETS
from ..exits import check_open, say, tell
from ..tables import Table, figures, plain

if TYPE_CHECKING:
    from ...singan import Model

PLOTS = (".png",)

EXAMPLES = """\b
Examples:
  patchloom singan info photo.safetensors
  patchloom singan info photo.safetensors --plot photo_training.png
  patchloom singan info photo.safetensors --json
"""


@click.command("info", epilog=EXAMPLES, short_help="What a model is, and how its training went.")
@click.argument("model", metavar="MODEL")
@click.option("--plot", metavar="PNG",
              help="Draw the losses and the reconstruction's error of each scale over its iterations.  [default: none]")
@click.option("--force", is_flag=True, help="Overwrite a plot that exists.")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def info(model: str, plot: str | None, force: bool, as_json: bool) -> None:
    """Tell what MODEL is: its picture, numbers and scales, and how far each was trained.

    The error is the root mean squared one of the reconstruction, intensities on [0, 1]; the noise is that of a scale,
    on [-1, 1]; real, fake and penalty are what the critic minimises, adversarial what the generator does, each of
    the last iteration.
    """
    from .described import described

    check_open("info")
    if force and plot is None:
        raise ParameterError(explain("force", "without plot", "is for a plot that exists", "name one with --plot"))
    found = io.load_model(model)
    if plot is not None:
        _draw(found, Path(plot), Path(model), force=force)
    if as_json:
        tell(json.dumps({"version": __version__, "path": model, **described(found)}, indent=2))
    else:
        tell("\n".join(_lines(found, model)))


def _draw(model: Model, path: Path, source: Path, *, force: bool) -> None:
    from .plotting import drawn

    io.check_writable(path, force=force, suffixes=PLOTS)
    io.check_inputs_kept([source], [path])
    io.place(path, drawn(model, io.shown(source.name)), force=force)
    say(io.shown(path))


def _lines(model: Model, name: str) -> list[str]:
    (rows, cols), (own_rows, own_cols) = model.sizes[-1], model.own_size
    own = "" if (rows, cols) == model.own_size else f", of a picture of {own_cols} x {own_rows}"
    trained = len(model.scales)
    if model.unfinished is None:
        state = f"finished, {model.count} scales"
    else:
        inside = f"{trained} of {model.count} scales, the last of them to iteration {len(model.scales[-1].record)}"
        state = (inside if model.unfinished.adam else f"{trained} of {model.count} scales") + (
            "; patchloom singan train IMAGE --out MODEL --resume goes on")
    return [
        f"{io.shown(name)}: {cols} x {rows}, {model.channels} channel{'s' * (model.channels > 1)}{own}",
        f"training: {state}", f"seed: {model.seed}", f"precision: {model.precision}", f"numbers: {_numbers(model)}", "",
        *plain(_table(model)),
    ]


def _numbers(model: Model) -> str:
    """Return the preset that a model was trained with, or what differs from the nearest."""
    own = asdict(model.params)
    changed = {
        preset: {name: value for name, value in own.items() if value != getattr(usual, name)}
        for preset, usual in SINGAN_PRESETS.items()
    }
    nearest = min(changed, key=lambda preset: len(changed[preset]))
    told = ", ".join(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
                     for name, value in changed[nearest].items())
    return f"preset {nearest}" + (f", but {told}" if told else "")


def _table(model: Model) -> Table:
    from ...singan.model import LOSSES

    columns = [
        [str(number) for number in range(len(model.scales))],
        [f"{cols} x {rows}" for rows, cols in model.sizes[: len(model.scales)]],
        [str(model.width(number)) for number in range(len(model.scales))],
        [str(len(scale.record)) for scale in model.scales],
        figures([scale.amplitude for scale in model.scales]),
        figures([scale.error for scale in model.scales]),
        *(figures([float(scale.record[-1, at]) for scale in model.scales]) for at in range(len(LOSSES) - 1)),
    ]
    header = ["scale", "size", "channels", "iterations", "noise", "error", *LOSSES[:-1]]
    return Table(header, [list(row) for row in zip(*columns, strict=True)], text=0)
