"""``patchloom singan train`` and ``info``: checkpoints, going on after a kill, previews, and what is refused."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from dataclasses import fields, replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as pil

torch = pytest.importorskip("torch", reason="not on this machine: torch")

from command_line import names, refused, run, save  # noqa: E402
from patchloom import io, singan  # noqa: E402
from patchloom.cli.singan import checkpoints, plotting, previews, watching  # noqa: E402
from patchloom.cli.singan import group as commands  # noqa: E402
from patchloom.errors import FileError  # noqa: E402
from patchloom.params import SINGAN_PRESETS, numbers_of  # noqa: E402

CPU = ("--device", "cpu", "--threads", "1")
TINY = ("--min-size", "12", "--max-size", "20", "--iterations", "4", "--channels", "4", "--ratio", "0.6")
TRAIN = ("singan", "train", "photo.png")
PARAMS = singan.SinGANParams(min_size=12, max_size=20, iterations=4, channels=4, ratio=0.6)


@pytest.fixture
def trained(photo: Path) -> Path:
    run(*TRAIN, *TINY, *CPU, "--seed", 7)
    return photo.with_name("photo.safetensors")


def stopped_at(photo: Path, scale: int, iteration: int) -> singan.Model:
    """Train `photo` to an iteration and keep it in photo.safetensors."""
    for step in singan.steps(io.read(photo).pixels, params=PARAMS, seed=7, device="cpu", threads=1):
        if (step.scale, step.iteration) == (scale, iteration):
            io.save_model(photo.with_name("photo.safetensors"), step.model)
            return step.model
    raise AssertionError


# Training

def test_train_makes_what_the_library_makes(trained: Path, photo: Path) -> None:
    made = singan.train(io.read(photo).pixels, params=PARAMS, seed=7, device="cpu", threads=1)
    io.save_model("again.safetensors", made)
    assert trained.read_bytes() == Path("again.safetensors").read_bytes()
    assert names(photo.parent) == ["again.safetensors", "photo.png", "photo.safetensors"]


def test_what_is_told(photo: Path) -> None:
    done = run(*TRAIN, *TINY, *CPU, "--seed", 7, "--json", "--out", "models/a.safetensors")
    told, model = json.loads(done.stdout), io.load_model("models/a.safetensors")
    lines = done.stderr.splitlines()
    assert lines[0] == f"photo.png: 20 x 16, {model.count} scales, seed 7"
    assert [line.split("  ")[0] for line in lines[1:-1]] == [f"scale {at + 1} of {model.count}" for at in
                                                             range(model.count)]
    assert lines[1].startswith(f"scale 1 of {model.count}  15x12  4 channels  4 iterations  error ")
    assert lines[-1].startswith(f"models/a.safetensors  20 x 16, {model.count} scales, seed 7, error ")
    assert told["path"] == "models/a.safetensors"
    assert told["source"] == {"name": "photo.png", "sha256": io.read(photo).sha256}
    assert told["parameters"] == vars(model.params)
    assert (told["seed"], told["finished"], told["count"]) == (7, True, model.count)
    assert [scale["error"] for scale in told["scales"]] == [scale.error for scale in model.scales]
    assert [scale["losses"]["error"] for scale in told["scales"]] == [float(s.record[-1, -1]) for s in model.scales]


def test_a_fresh_seed_is_told_and_kept(photo: Path) -> None:
    done = run(*TRAIN, *TINY, *CPU)
    assert f"seed {io.load_model('photo.safetensors').seed}\n" in done.stderr
    assert run(*TRAIN, *TINY, *CPU, "--out", "b.safetensors", "--quiet").output == ""


def test_options_equal_params() -> None:
    """Every number that is not for experts has an option, with its default, unit, bounds and help."""
    options = {option.name: option for option in commands.commands["train"].params}
    for item in fields(singan.SinGANParams):
        number, default = numbers_of(singan.SinGANParams)[item.name], getattr(SINGAN_PRESETS["default"], item.name)
        assert (item.name in options) is not number.expert
        if not number.expert:
            text: Any = options[item.name]
            assert text.opts == ["--" + item.name.replace("_", "-")]
            assert number.help in text.help
            assert f"[default: {default if number.choices else f'{default:g}'}" in text.help


def test_the_preset_comes_first(photo: Path) -> None:
    told = json.loads(run(*TRAIN, "--preset", "animate", "--channels", "8", "--max-size", "40", *CPU, "--dry-run",
                          "--json").stdout)
    assert [told["scales"][0][side] for side in ("height", "channels", "iterations")] == [
        20, 8, SINGAN_PRESETS["animate"].iterations
    ]
    done = run(*TRAIN, *TINY[2:], "--preset", "animate", "--min-size", "12", *CPU)
    assert done.exit_code == 0
    usual = SINGAN_PRESETS["animate"]
    assert io.load_model("photo.safetensors").params == replace(
        usual, min_size=12, max_size=20, iterations=4, channels=4, ratio=0.6
    )


def test_dry_run_writes_nothing(photo: Path) -> None:
    done = run(*TRAIN, *TINY, *CPU, "--seed", 7, "--dry-run")
    assert names(photo.parent) == ["photo.png"]
    model = singan.train(io.read(photo).pixels, params=PARAMS, seed=7, device="cpu", threads=1)
    for (rows, cols), line in zip(model.sizes, done.stderr.splitlines()[2:], strict=False):
        assert f"{cols} x {rows}" in line
    assert "of memory" in done.stderr
    assert "would write photo.safetensors" in done.stderr


def test_standard_input(photo: Path) -> None:
    run("singan", "train", "-", *TINY, *CPU, "--seed", 7, input=photo.read_bytes())
    run(*TRAIN, *TINY, *CPU, "--seed", 7)
    assert Path("stdin.safetensors").read_bytes() == Path("photo.safetensors").read_bytes()


# Checkpoints

KILLED = """
import os, signal, sys
from itertools import count
from pathlib import Path
from patchloom import io, singan
from patchloom.cli.singan.checkpoints import Checkpoints, Request, follow

params = singan.SinGANParams(min_size=12, max_size=20, iterations=4, channels=4, ratio=0.6)
clock, seen = count(), []

def kill(step):
    seen.append((step.scale, step.iteration, io.load_model("photo.safetensors")))
    if (step.scale, step.iteration) == (1, 2):
        for scale, iteration, model in seen:
            print(scale, iteration, len(model.scales), len(model.scales[-1].record), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

# The clock ticks once per question: a checkpoint after every second iteration, and at the end of each scale.
checkpoints = Checkpoints(Path("photo.safetensors"), force=False, every=2.0, clock=lambda: float(next(clock)))
steps = singan.steps(io.read("photo.png").pixels, params=params, seed=7, device="cpu", threads=1)
follow(steps, checkpoints, Request(), [lambda step: Path("photo.safetensors").exists() and kill(step)])
"""


def test_a_killed_training_goes_on_to_the_same_weights(photo: Path) -> None:
    """Killed with -9 in the middle of a scale, after checkpoints inside it and at the end of the one before."""
    run(*TRAIN, *TINY, *CPU, "--seed", 7, "--out", "whole.safetensors")
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    seen = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert any(scales == 1 and iterations == 4 for _, _, scales, iterations in seen)      # at a scale's end
    assert any(scales == 2 and iterations < 4 for _, _, scales, iterations in seen)       # and inside one
    kept = io.load_model("photo.safetensors")
    assert kept.unfinished is not None
    assert kept.unfinished.adam
    assert (len(kept.scales), len(kept.scales[1].record)) == (2, 2)                       # one iteration was lost
    run(*TRAIN, *CPU, "--resume", "--out", "photo.safetensors")
    made, whole = io.load_model("photo.safetensors"), io.load_model("whole.safetensors")
    for one, other in zip(made.scales, whole.scales, strict=True):
        assert all(torch.equal(one.generator[name], value) for name, value in other.generator.items())
        assert (one.record == other.record).all()
    assert Path("photo.safetensors").read_bytes() == Path("whole.safetensors").read_bytes()
    assert names(photo.parent) == ["photo.png", "photo.safetensors", "whole.safetensors"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_training_is_kept_and_goes_on(
    photo: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """The iteration is done, the training is kept, and a line tells how to go on."""
    run(*TRAIN, *TINY, *CPU, "--seed", 7, "--out", "whole.safetensors")
    before, looked = signal.getsignal(number), watching.Watch.__call__

    def interrupted(watch: watching.Watch, step: singan.Step) -> None:
        looked(watch, step)
        if (step.scale, step.iteration) == (1, 1):
            os.kill(os.getpid(), number)

    with monkeypatch.context() as patched:
        patched.setattr(watching.Watch, "__call__", interrupted)
        done = run(*TRAIN, *TINY, *CPU, "--seed", 7, "--json", code=130)
    assert signal.getsignal(number) is before
    last = done.stderr.splitlines()[-1]
    assert last == ("stopped: scale 2 of 3, iteration 2 of 4, is kept; go on with: patchloom singan train photo.png "
                    "--out photo.safetensors --resume --device cpu --threads 1")
    told = json.loads(done.stdout)
    assert (told["finished"], told["inside_scale"], len(told["scales"])) == (False, True, 2)
    assert "goes on" in run(*TRAIN, *CPU, "--resume").stderr
    assert Path("photo.safetensors").read_bytes() == Path("whole.safetensors").read_bytes()


def test_the_line_that_is_told_goes_on(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are quoted for the shell; what was not given is not there."""
    photo.rename(photo.with_name("my photo's.png"))
    with monkeypatch.context() as patched:
        patched.setattr(watching.Watch, "__call__", lambda watch, step: os.kill(os.getpid(), signal.SIGINT))
        done = run("singan", "train", "my photo's.png", *TINY, "--threads", 1, "--out", "new folder/", code=130)
    words = shlex.split(done.stderr.splitlines()[-1].partition("go on with: ")[2])
    assert words == ["patchloom", "singan", "train", "my photo's.png", "--out", "new folder/my photo's.safetensors",
                     "--resume", "--threads", "1"]
    run(*words[1:])
    assert io.load_model(words[5]).unfinished is None


def test_interrupted_at_the_end_of_a_scale(photo: Path) -> None:
    request = checkpoints.Request(made=True)
    steps = singan.steps(io.read(photo).pixels, params=replace(PARAMS, iterations=1), seed=7, device="cpu", threads=1)
    made = checkpoints.follow(steps, checkpoints.Checkpoints(Path("a.safetensors"), force=False), request)
    assert (len(made.scales), made.unfinished is not None) == (1, True)
    kept = io.load_model("a.safetensors")
    assert kept.unfinished is not None
    assert not kept.unfinished.adam


def test_a_second_interrupt_does_not_wait() -> None:
    before = signal.getsignal(signal.SIGINT)              # a shell that starts pytest behind it has it ignored
    with pytest.raises(KeyboardInterrupt), checkpoints.stopping() as request:
        os.kill(os.getpid(), signal.SIGINT)
        assert request.made
        os.kill(os.getpid(), signal.SIGINT)
        signal.pause()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_checkpoint_that_cannot_be_written_leaves_the_last(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved, times = io.save_model, []

    def failing(path: Path, model: singan.Model, *, force: bool) -> None:
        times.append(force)
        if len(times) == 2:
            raise FileError("output=photo.safetensors (no space left on device): must be a writable place; try another")
        saved(path, model, force=force)

    monkeypatch.setattr(io, "save_model", failing)
    done = run(*TRAIN, *TINY, *CPU, "--seed", 7, code=2)
    assert done.stderr.splitlines()[-1].startswith("error: output=photo.safetensors (no space")
    assert times == [False, True]                         # what is not ours is not replaced; what is, is
    assert len(io.load_model("photo.safetensors").scales) == 1


def test_a_model_that_appears_while_training_is_not_replaced(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = singan.steps

    def meanwhile(*arguments: Any, **options: Any) -> Any:
        photo.with_name("photo.safetensors").write_bytes(b"someone's")
        return begun(*arguments, **options)

    monkeypatch.setattr(singan, "steps", meanwhile)
    run(*TRAIN, *TINY, *CPU, code=2)
    assert photo.with_name("photo.safetensors").read_bytes() == b"someone's"


# Going on

def test_a_finished_training_is_left(trained: Path) -> None:
    before = trained.read_bytes(), trained.stat().st_mtime_ns
    done = run(*TRAIN, *CPU, "--resume", "--iterations", 4, "--seed", 7)
    assert "is trained already" in done.stderr
    assert (trained.read_bytes(), trained.stat().st_mtime_ns) == before


@pytest.mark.parametrize(("more", "message"), [
    (("--seed", "8"), "seed=8: the training that goes on has 7; leave it out"),
    (("--iterations", "5"), "iterations=5: the training that goes on has 4; leave it out"),
    (("--preset", "paper"), "min_size=25: the training that goes on has 12; leave it out"),
    (("--force",), "resume=with force: --resume goes on with the file, --force replaces it; leave one out"),
])
def test_other_numbers_do_not_go_on(photo: Path, more: tuple[str, ...], message: str) -> None:
    stopped_at(photo, 1, 1)
    before = photo.with_name("photo.safetensors").read_bytes()
    refused(photo.parent, *TRAIN, *CPU, "--resume", *more, message=message)
    assert photo.with_name("photo.safetensors").read_bytes() == before


def test_other_pictures_do_not_go_on(photo: Path, make_picture: Any) -> None:
    stopped_at(photo, 1, 1)
    save(photo.with_name("other.png"), make_picture(32, 40, seed=3))
    save(photo.with_name("large.png"), make_picture(64, 40))
    for name in ("other", "large"):
        refused(photo.parent, "singan", "train", f"{name}.png", *CPU, "--resume", "--out", "photo.safetensors",
                message="resume=a model of another picture")


def test_what_is_no_training_does_not_go_on(photo: Path) -> None:
    refused(photo.parent, *TRAIN, *CPU, "--resume", message="resume=photo.safetensors (no such file)")
    photo.with_name("photo.safetensors").write_bytes(b"something else")
    refused(photo.parent, *TRAIN, *CPU, "--resume", message="model=photo.safetensors (no safetensors file")
    assert photo.with_name("photo.safetensors").read_bytes() == b"something else"


# What is refused

def test_a_model_is_not_overwritten(trained: Path) -> None:
    before = trained.read_bytes()
    refused(trained.parent, *TRAIN, *TINY, *CPU, message="output=photo.safetensors (exists): is not overwritten; pass "
            "--resume to go on with it, or --force to replace it")
    refused(trained.parent, *TRAIN, "--iterations", "0", "--force", message="iterations=0")
    refused(trained.parent, "singan", "train", "no.png", *CPU, "--force", "--out", "photo.safetensors",
            message="image=no.png")
    assert trained.read_bytes() == before
    run(*TRAIN, *TINY, *CPU, "--seed", 8, "--force")
    assert io.load_model(trained).seed == 8


@pytest.mark.parametrize(("more", "message"), [
    (("--out", "model.pt"), "output suffix='.pt': must be one of .safetensors"),
    (("--out", "-"), "out=-: a model is a file"),
    (("--out", "{seed}.safetensors"), "out='{seed}.safetensors': unknown field {seed}"),
    (("--device", "abacus"), "device='abacus': must be auto, cpu, cuda"),
    (("--threads", "-1"), "threads=-1"),
    (("--seed", "-1"), "seed=-1"),
    (("--preset", "best"), "preset='best': must be one of default, paper, superres, animate"),
    (("--min-size", "300"), "min_size=300: must be at most max_size (250)"),
    (("--scales", "30"), "scales=30: "),
    (("--padding", "black"), "padding='black': must be one of zero, noise"),
    (("--preview-dir", "photo.png"), "output=photo.png/"),
])
def test_bad_options(photo: Path, more: tuple[str, ...], message: str) -> None:
    refused(photo.parent, *TRAIN, *CPU, *more, message=message)


def test_bad_pictures(photo: Path, make_picture: Any) -> None:
    refused(photo.parent, "singan", "train", ".", *CPU, message="image=. (is a folder): a model is of one picture")
    save(photo.with_name("small.png"), make_picture(5, 30))
    refused(photo.parent, "singan", "train", "small.png", *CPU, message="image=30 x 5 pixels: its sides must be at")


# Previews

def test_previews(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "EVERY", 3)
    told = json.loads(run(*TRAIN, *TINY, *CPU, "--seed", 7, "--preview-dir", "prev", "--json").stdout)
    expected = [
        f"prev/photo_scale{scale:02d}_{iteration:06d}_{what}.png"
        for scale in range(3) for iteration in (3, 4) for what in ("reconstruction", "sample1", "sample2")
    ]
    assert told["previews"] == expected
    assert names(photo.parent / "prev") == sorted(Path(path).name for path in expected)
    model = io.load_model("photo.safetensors")
    for number, made in enumerate((singan.reconstruction(model, device="cpu", threads=1),
                                   singan.sample(model, seed=8, device="cpu", threads=1).image)):
        assert (np.asarray(io.read(expected[-3 + number]).pixels) == np.asarray(made)).all()
    assert io.read(expected[0]).pixels.size == (model.sizes[0][1], model.sizes[0][0])
    assert io.read_metadata(expected[-1])["patchloom:seed"] == "9"
    refused(photo.parent, *TRAIN, *TINY, *CPU, "--out", "b.safetensors", "--preview-dir", "prev",
            message="preview_dir=prev (has photo_scale00_000003_reconstruction.png): previews are not overwritten")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK"])
def test_previews_of_any_picture(folder: Path, make_picture: Any, mode: str) -> None:
    pil.fromarray(make_picture(16, 20)).convert(mode).save("photo.tif")
    run("singan", "train", "photo.tif", *TINY, *CPU, "--iterations", 1, "--scales", 1, "--preview-dir", ".")
    with pil.open("photo_scale00_000001_sample1.png") as made:
        assert made.mode == {"1": "L", "P": "RGB", "CMYK": "RGB"}.get(mode, mode)


# Progress

def test_the_bar_tells_the_time_that_is_left(photo: Path) -> None:
    """With a clock by which work takes as long as its pixels and squared channels say, the estimate is exact."""
    from rich.console import Console

    pixels, now = io.read(photo).pixels, 0.0
    begun = singan.train(pixels, params=replace(PARAMS, scales=1, iterations=1), seed=7, device="cpu", threads=1)
    begun = replace(begun, params=PARAMS, scales=())
    cost = [0.001 * rows * cols for rows, cols in begun.sizes]
    total, file = 4 * sum(cost), StringIO()
    console = Console(file=file, force_terminal=True, width=100)
    with watching.Watch(begun, "photo.png", quiet=False, clock=lambda: now, console=console) as watch:
        for step in singan.steps(pixels, params=PARAMS, seed=7, device="cpu", threads=1):
            now += cost[step.scale]
            assert watch.left(step, now) == pytest.approx(total - now, abs=1e-6)
            watch(step)
            watch._bar.refresh()
    assert watch.seconds == pytest.approx([4 * seconds for seconds in cost])
    assert "scale 3 of 3, iteration 4 of 4, error 0." in file.getvalue()
    assert f" {watching._clock(4 * sum(cost[1:]))}" in file.getvalue()                    # after the first scale


def test_the_time_on_the_bar() -> None:
    """It is shown at every look, though the whole is reckoned anew each time."""
    assert [watching._clock(seconds) for seconds in (0.2, 59.6, 754, 3600 * 26 + 61)] == [
        "00:00", "01:00", "12:34", "26:01:01"
    ]


def test_pace_that_does_not_grow_with_the_work() -> None:
    """On a fast device every scale takes about as long: then the later ones are taken to."""
    assert watching._seconds(1000, [(10, 2.0), (100, 2.0)]) == 2.0
    assert watching._seconds(1000, [(10, 2.0), (100, 1.5)]) == 1.5
    assert watching._seconds(1000, [(10, 2.0)]) == 200.0
    assert watching._seconds(1000, [(10, 2.0), (100, 3.0)]) == pytest.approx(13.0)


# Info

def test_info(trained: Path) -> None:
    text = run("singan", "info", trained.name).stdout
    assert "photo.safetensors: 20 x 16, 3 channels, of a picture of 40 x 32" in text
    assert "training: finished, 3 scales" in text
    assert "seed: 7" in text
    assert "numbers: preset default, but min_size 12, max_size 20, ratio 0.6, iterations 4, channels 4" in text
    model, lines = io.load_model(trained), text.splitlines()
    assert [line.split()[:6] for line in lines[-3:]] == [
        [str(at), str(cols), "x", str(rows), "4", "4"] for at, (rows, cols) in enumerate(model.sizes)
    ]
    told = json.loads(run("singan", "info", trained.name, "--json").stdout)
    assert (told["width"], told["height"], told["own_width"], told["own_height"]) == (20, 16, 40, 32)
    assert [scale["noise"] for scale in told["scales"]] == [scale.amplitude for scale in model.scales]


@pytest.mark.parametrize(("at", "told"), [
    ((1, 1), "2 of 3 scales, the last of them to iteration 2; patchloom singan train IMAGE --out MODEL --resume"),
    ((1, 3), "2 of 3 scales; patchloom singan train IMAGE --out MODEL --resume goes on"),
])
def test_info_of_a_stopped_training(photo: Path, at: tuple[int, int], told: str) -> None:
    stopped_at(photo, *at)
    assert told in run("singan", "info", "photo.safetensors").stdout


def test_plot(trained: Path) -> None:
    run("singan", "info", trained.name, "--plot", "plot.png")
    with pil.open("plot.png") as plot:
        assert min(plot.size) > 300
        assert len(np.unique(np.asarray(plot.convert("RGB")).reshape(-1, 3), axis=0)) > 50
    before = Path("plot.png").read_bytes()
    refused(trained.parent, "singan", "info", trained.name, "--plot", "plot.png", message="output=plot.png (exists)")
    run("singan", "info", trained.name, "--plot", "plot.png", "--force")
    assert Path("plot.png").read_bytes() == before        # the same model, the same bytes
    refused(trained.parent, "singan", "info", trained.name, "--plot", "plot.pdf", message="output suffix='.pdf'")
    refused(trained.parent, "singan", "info", trained.name, "--force", message="force=without plot")
    refused(trained.parent, "singan", "info", "photo.png", message="model=photo.png (no safetensors file")


@pytest.mark.parametrize("length", [1, 400, 401, 2000])
def test_long_trainings_are_thinned(length: int) -> None:
    """Means of neighbours: few enough to draw, with the mean of all."""
    values = np.arange(length, dtype=np.float32)
    at, means = plotting._thinned(values)
    assert len(at) == len(means) <= 400
    assert means == pytest.approx(at - 1)                 # iterations count from 1, the values from 0


def test_plot_without_matplotlib(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, name, None)
    refused(trained.parent, "singan", "info", trained.name, "--plot", "a.png", message="plot=matplotlib: is not inst")


# Without torch

WITHOUT = """
import sys
sys.modules["torch"] = None
from patchloom.cli import group
group(sys.argv[1:], prog_name="patchloom")
"""


def without_torch(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", WITHOUT, "singan", *arguments], capture_output=True, text=True)


@pytest.mark.parametrize("name", sorted(commands.commands))
def test_commands_without_torch_say_how_to_install_it(photo: Path, name: str) -> None:
    arguments = ["photo.png"] if name == "train" else ["photo.safetensors"]
    command: Any = commands.commands[name]
    arguments += ["photo.png"] * (command.params[1].param_type_name == "argument")
    required = [option for option in command.params if option.required and option.param_type_name == "option"]
    arguments += [word for option in required for word in (option.opts[0], "photo.png")]
    photo.with_name("photo.safetensors").write_bytes(b"never read")
    done = without_torch(name, *arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert 'torch, which is not installed; pip install "patchloom[torch]"' in done.stderr
    assert names(photo.parent) == ["photo.png", "photo.safetensors"]


def test_help_works_without_torch() -> None:
    """All helps in one process, which takes a third of a second to begin."""
    code = WITHOUT.replace('group(sys.argv[1:], prog_name="patchloom")', """
from click.testing import CliRunner
for name in (None, *group.commands["singan"].commands):
    done = CliRunner().invoke(group, ["singan", *filter(None, [name]), "--help"])
    assert done.exit_code == 0 and "Examples:" in done.output, (name, done.output)
assert not any(name == "patchloom.singan" or name.startswith("patchloom.singan.") for name in sys.modules)
""")
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)


def test_help_tells_defaults_and_ends_with_examples() -> None:
    for name, command in commands.commands.items():
        text = run("singan", name, "--help").stdout
        _, _, examples = text.partition("Examples:\n")
        assert f"    patchloom singan {name} " in examples
        for option in command.params:
            if option.param_type_name == "option" and not option.is_flag:      # type: ignore[attr-defined]
                help = option.help                        # type: ignore[attr-defined]
                assert option.required or "default: " in help, (name, option.name)
