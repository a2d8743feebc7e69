"""``patchloom singan train``: a model of one picture."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ... import io
from ..._version import __version__
from ...errors import FileError, ParameterError, explain
from ...params import SINGAN_PRESETS, SinGANParams, numbers_of
from ..exits import CANCELLED, DONE, check_open, say, tell
from ..inputs import Source, as_sources
from ..options import SEED, number_options, preset_options
from ..output import STDOUT, as_naming
from .making import machine_options

if TYPE_CHECKING:
    from ...singan import Model

FIELDS = ("stem", "name")
DEFAULT_NAME = "{stem}.safetensors"
PRESETS = tuple(SINGAN_PRESETS)

EXAMPLES = """\b
Examples:
  patchloom singan train photo.jpg
  patchloom singan train photo.jpg --out models/photo.safetensors --max-size 128 --iterations 500
  patchloom singan train photo.jpg --preset superres --preview-dir previews/
  patchloom singan train photo.jpg --resume
"""


@dataclass(frozen=True, eq=False)
class Order:
    """What is to be trained, and how.

    Attributes
    ----------
    source : Source
        Of the picture.
    picture : io.Picture
        As it was read.
    path : Path
        Of the model.
    begun : Model
        Without scales, or what a training that goes on has.
    values : mapping
        All options.
    """

    source: Source
    picture: io.Picture
    path: Path
    begun: Model
    values: Mapping[str, Any]


def _train(**values: Any) -> int:
    """Train a model on IMAGE: its patches, at every scale.

    The model is kept in its file at the end of each scale, and every minute in between: after Ctrl-C, a kill or a power
    cut --resume goes on from there, and ends with the weights that it would have had (on the same machine, with as many
    threads). Ctrl-C ends the training after the iteration it is at.

    A larger IMAGE is trained at --max-size. The preset `superres` is for `patchloom singan superres`, `animate` for
    `patchloom singan animate`.
    """
    if values["as_json"]:
        check_open("--json")
    order = _order(values)
    if values["dry_run"]:
        return _dry(order)
    if order.begun.scales and order.begun.unfinished is None:
        if not values["quiet"]:
            say(f"{io.shown(order.path)}  is trained already, {_told(order.begun)}; nothing to do")
        return _report(order, order.begun, [], 0.0)
    return _run(order)


def _order(values: Mapping[str, Any]) -> Order:
    """Return what the options say, all of it checked; nothing is written."""
    source = _source(values["image"])
    picture, path = source.read(), _path(values, source)
    if source.path is not None:
        io.check_inputs_kept([source.path], [path])
    resumed = _resumed(path, values) if values["resume"] else None
    _check_free(path, values)
    params = as_params(values) if resumed is None else resumed.params
    return Order(source, picture, path, _begun(picture, resumed, params, values), values)


def _begun(picture: io.Picture, resumed: Model | None, params: SinGANParams, values: Mapping[str, Any]) -> Model:
    from ...singan.train import begin_model, check_resumed

    seed = values["seed"] if resumed is None else resumed.seed
    begun = begin_model(picture.pixels, params=params, seed=seed, device=values["device"])
    assert begun.count                                    # so that sizes which cannot be are refused now
    return begun if resumed is None else check_resumed(begun, resumed, given=True, seeded=True)


def _source(image: str) -> Source:
    if image != STDOUT and image and io.is_folder(image):
        raise FileError(explain("image", f"{io.shown(image)} (is a folder)", "a model is of one picture",
                                "pass one of its files"))
    return as_sources([image])[0].kept()


def _path(values: Mapping[str, Any], source: Source) -> Path:
    naming = as_naming(values["out"], DEFAULT_NAME, FIELDS)
    if naming.stdout:
        raise ParameterError(explain("out", STDOUT, "a model is a file, which is replaced as the training goes",
                                     f"try {DEFAULT_NAME}"))
    return naming.path({"stem": Path(source.name).stem, "name": source.name})


def _check_free(path: Path, values: Mapping[str, Any]) -> None:
    """Refuse a path that could not be written, or is not to be replaced."""
    if values["resume"] and values["force"]:
        raise ParameterError(explain("resume", "with force", "--resume goes on with the file, --force replaces it",
                                     "leave one out"))
    if not (values["resume"] or values["force"]) and path.is_file():
        raise FileError(explain("output", f"{io.shown(path)} (exists)", "is not overwritten",
                                "pass --resume to go on with it, or --force to replace it"))
    io.check_writable(path, force=values["resume"] or values["force"], suffixes=io.MODEL_SUFFIXES)


def as_params(values: Mapping[str, Any]) -> SinGANParams:
    """Return the numbers that the options say: the preset's, then the given ones."""
    return replace(SINGAN_PRESETS[values["preset"] or PRESETS[0]], **_given(values))


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in numbers_of(SinGANParams) if values.get(name) is not None}


def _resumed(path: Path, values: Mapping[str, Any]) -> Model:
    """Return the training that goes on, if it is one with the numbers and the seed that were given."""
    if not path.exists():
        raise FileError(explain("resume", f"{io.shown(path)} (no such file)", "must be a training that was stopped",
                                "leave --resume out to begin one"))
    model = io.load_model(path)
    given = asdict(as_params(values)) if values["preset"] else _given(values)
    if values["seed"] is not None:
        given["seed"] = values["seed"]
    kept = {**asdict(model.params), "seed": model.seed}
    for name, value in given.items():
        if value != kept[name]:
            raise ParameterError(explain(name, value, f"the training that goes on has {kept[name]}",
                                         "leave it out, or train anew with --force"))
    return model


def _run(order: Order) -> int:
    from ... import singan
    from .checkpoints import Checkpoints, follow, going_on, stopping
    from .previews import Previews
    from .watching import Watch

    values, begun = order.values, order.begun
    force, where = values["resume"] or values["force"], {"device": values["device"], "threads": values["threads"]}
    previews = None
    if values["preview_dir"] is not None:
        previews = Previews(Path(values["preview_dir"]), Path(order.source.name).stem, force=force, **where)
    if not values["quiet"]:
        say(f"{order.source.label}: {_told(begun)}" + (", goes on" if begun.scales else ""))
    start = time.monotonic()
    steps = singan.steps(order.picture.pixels, params=begun.params, seed=begun.seed, compiled=values["compiled"],
                         resume=begun if begun.scales else None, **where)
    with stopping() as request, Watch(begun, order.source.name, quiet=values["quiet"]) as watch:
        made = follow(steps, Checkpoints(order.path, force=force, icc=order.picture.icc), request,
                      (watch,) if previews is None else (watch, previews))
    seconds = time.monotonic() - start
    if made.unfinished is not None:
        say(f"{_where(made)} is kept; go on with: {going_on(values['image'], order.path, values)}")
    elif not values["quiet"]:
        say(f"{io.shown(order.path)}  {_told(made)}, error {made.scales[-1].error:.4f}, {_long(seconds)}")
    return _report(order, made, previews.paths if previews is not None else [], seconds)


def _told(model: Model) -> str:
    rows, cols = model.sizes[-1]
    return f"{cols} x {rows}, {model.count} scales, seed {model.seed}"


def _where(model: Model) -> str:
    """Return how far a training is that was stopped."""
    through, done = len(model.scales), len(model.scales[-1].record)
    inside = model.unfinished is not None and model.unfinished.adam
    if not inside:
        return f"stopped: scale {through} of {model.count}, with all of its iterations,"
    return f"stopped: scale {through} of {model.count}, iteration {done} of {model.params.iterations},"


def _long(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{seconds:.1f} s" if seconds < 60 else f"{minutes} min {rest} s"


def _report(order: Order, made: Model, previews: list[Path], seconds: float) -> int:
    """Tell on standard output what was made, if that was asked for, and return the exit code."""
    from .described import described

    if order.values["as_json"]:
        source = {"name": order.picture.name, "sha256": order.picture.sha256}
        tell(json.dumps({
            "version": __version__, "path": str(order.path), "source": source, **described(made),
            "previews": [str(path) for path in previews], "seconds": round(seconds, 3),
        }, indent=2))
    return DONE if made.unfinished is None else CANCELLED


def _dry(order: Order) -> int:
    from .outlook import lines, outlook

    found = outlook(order.begun)
    if not order.values["quiet"]:
        for line in lines(order.begun, found, order.source.label, io.shown(order.path)):
            say(line)
    if order.values["as_json"]:
        tell(json.dumps({"version": __version__, "path": str(order.path), "seed": order.begun.seed, **found}, indent=2))
    return DONE


def _options() -> list[click.Parameter]:
    return [
        click.Argument(["image"], metavar="IMAGE"),
        click.Option(["--out"], metavar="MODEL",
                     help="A file that ends with .safetensors, a folder, or a template with {stem}, {name}."
                          f"  [default: {DEFAULT_NAME} in the current folder]"),
        click.Option(["--resume"], is_flag=True,
                     help="Go on with the training in MODEL: of the same picture, numbers and seed, which need not be "
                          "given again."),
        click.Option(["--seed"], type=SEED,
                     help="Decides everything random.  [default: a fresh one, which is told; 0 to 2**64 - 1]"),
        *preset_options(PRESETS),
        *number_options(SINGAN_PRESETS[PRESETS[0]]),
        click.Option(["--preview-dir"], metavar="FOLDER",
                     help="Write there, after each scale and every 500 iterations of a long one, what the scale makes "
                          "of the picture, and two samples.  [default: none]"),
        *machine_options(),
        click.Option(["--compile", "compiled"], is_flag=True,
                     help="Compile the generators (torch.compile): slow to begin, and needs a compiler. The weights "
                          "differ by rounding, so --resume needs it again for the same ones."),
        click.Option(["--force"], is_flag=True, help="Overwrite a model and previews that exist, but not IMAGE."),
        click.Option(["--json", "as_json"], is_flag=True,
                     help="Tell on standard output what was made, as one JSON object."),
        click.Option(["--quiet"], is_flag=True, help="Say nothing but errors, and how far a training is that was "
                                                     "stopped."),
        click.Option(["--dry-run"], is_flag=True, help="Tell scales, sizes and memory; train and write nothing."),
    ]


train = click.Command("train", params=_options(), callback=_train, help=_train.__doc__, epilog=EXAMPLES,
                      short_help="A model of one picture.")
