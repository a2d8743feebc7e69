"""``patchloom singan sample``, ``animate`` and ``superres``: what commands with a model have in common."""

from __future__ import annotations

import inspect
import json
import re
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from PIL import Image as pil
from PIL import ImageSequence

torch = pytest.importorskip("torch", reason="not on this machine: torch")

from command_line import names, refused, run, save  # noqa: E402
from conftest import make_picture  # noqa: E402
from patchloom import catalogue, io, singan  # noqa: E402
from patchloom.cli import group, record  # noqa: E402
from patchloom.cli.singan import fitting  # noqa: E402
from patchloom.cli.singan.making import ModelCommand  # noqa: E402
from patchloom.singan import Model  # noqa: E402

TINY = singan.SinGANParams(min_size=12, iterations=6, channels=4, ratio=0.6)
CPU = ("--device", "cpu", "--threads", "1")
ON_CPU: dict[str, Any] = {"device": "cpu", "threads": 1}
COMMANDS = {
    name: command for name, command in group.commands["singan"].commands.items()  # type: ignore[attr-defined]
    if isinstance(command, ModelCommand)
}


@pytest.fixture(scope="module")
def trained() -> Model:
    """With so much noise that frames differ by more than encoders lose."""
    made = singan.train(make_picture(20, 26), params=TINY, seed=1, **ON_CPU)
    return replace(made, scales=tuple(replace(scale, amplitude=20 * scale.amplitude) for scale in made.scales))


@pytest.fixture
def model(folder: Path, trained: Model) -> Path:
    io.save_model(folder / "photo.safetensors", trained)
    return folder / "photo.safetensors"


def pixels(path: str | Path) -> Any:
    with pil.open(path) as file:
        return np.asarray(file)


def kept(folder: Path, picture: Any, name: str = "other") -> Path:
    """A model of another picture, in a file."""
    params = singan.SinGANParams(min_size=12, iterations=1, channels=4, scales=1)
    made = singan.train(picture, params=params, seed=1, **ON_CPU)
    io.save_model(folder / f"{name}.safetensors", made)
    return folder / f"{name}.safetensors"


# Names, files and what they say

def test_sample_writes_what_the_library_makes(folder: Path, model: Path, trained: Model) -> None:
    done = run("singan", "sample", model, "--seed", 5, "--count", 2, "--size", "150%x24", *CPU)
    assert names(folder) == ["photo.safetensors", "photo_sample_5.png", "photo_sample_6.png"]
    assert done.stdout == ""
    assert re.fullmatch(r"photo_sample_5\.png  39 x 24  seed 5  \d+\.\d s", done.stderr.splitlines()[0])
    for seed in (5, 6):
        wanted = singan.sample(trained, size=(24, 39), seed=seed, **ON_CPU).image
        assert (pixels(f"photo_sample_{seed}.png") == wanted).all()


def test_the_file_says_how_it_was_made(folder: Path, model: Path) -> None:
    run("singan", "sample", "photo.safetensors", "--seed", 5, "--start-scale", 1, "--size", "30x20", *CPU)
    about = io.read_metadata("photo_sample_5.png")
    assert (about["patchloom:task"], about["patchloom:seed"]) == ("singan sample", "5")
    assert json.loads(about["patchloom:options"]) == {
        "device": "cpu", "start_scale": "1", "size": "30x20"
    }
    assert json.loads(about["patchloom:parameters"])["min_size"] == 12
    [source] = json.loads(about["patchloom:sources"])
    assert {**source, "sha256": ""} == {
        "role": "model", "name": "photo.safetensors", "sha256": "", "path": "photo.safetensors"
    }
    first = (folder / "photo_sample_5.png").read_bytes()
    run("singan", "sample", "photo.safetensors", "--seed", 5, "--start-scale", 1, "--size", "30x20", "--force", *CPU)
    assert (folder / "photo_sample_5.png").read_bytes() == first


@pytest.mark.parametrize("given", [("--seed", 5), ("--seed", 5, "--size", "200%"), ("--seed", 5, "--start-scale", 1)])
def test_rerun_of_a_sample(folder: Path, model: Path, given: tuple[Any, ...]) -> None:
    run("singan", "sample", model, "--out", "new/x.png", *given, *CPU)
    done = run("rerun", "new/x.png", "--threads", 1)
    assert "x_rerun.png has the same bytes as new/x.png" in done.stderr
    (folder / "photo.safetensors").rename(folder / "new" / "moved.safetensors")
    done = run("rerun", "new/x.png", "--threads", 1, "--source", "new", "--out", "again.png", "--json")
    assert json.loads(done.stdout)["outputs"][0]["same_bytes"] is True
    (folder / "new" / "moved.safetensors").unlink()
    refused(folder, "rerun", "new/x.png", "--out", "third.png", message="model=photo.safetensors (not found)")


def test_rerun_opens_a_model_once_and_holds_one(
    folder: Path, model: Path, trained: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To check all results, and again to make them if another one was held meanwhile."""
    io.save_model(folder / "second.safetensors", replace(trained, seed=2))
    run("singan", "sample", model, "--seed", 1, "--count", 3, "--out", "made/", *CPU)
    read, seen, alive = io.read_model, [], []

    def noted(path: Path) -> Any:
        alive.append(sum(one() is not None for _, one in seen))
        made = read(path)
        seen.append((path.name, weakref.ref(made[0])))
        return made

    monkeypatch.setattr(io, "read_model", noted)
    told = json.loads(run("rerun", "made", "--out", "a/", "--threads", 1, "--json").stdout)["outputs"]
    assert [(one["seed"], one["same_bytes"]) for one in told] == [(1, True), (2, True), (3, True)]
    assert [name for name, _ in seen] == ["photo.safetensors"]
    run("singan", "sample", "second.safetensors", "--seed", 2, "--out", "made/photo_sample_1_other.png", *CPU)
    seen.clear()
    alive.clear()
    told = json.loads(run("rerun", "made", "--out", "b/", "--threads", 1, "--json").stdout)["outputs"]
    assert [(one["seed"], one["same_bytes"]) for one in told] == [(1, True), (2, True), (2, True), (3, True)]
    assert [name.partition(".")[0] for name, _ in seen] == ["photo", "second", "photo", "second"]
    assert alive == [0] * 4


def test_rerun_trains_once_for_all_that_takes_the_same_training(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(folder / "low.png", make_picture(20, 22))
    for name, factor, seed in (("one", 1.3, 4), ("two", 1.4, 4), ("six", 1.3, 5)):
        run("singan", "superres", "low.png", "--factor", factor, "--iterations", 1, "--seed", seed, "--out",
            f"made/{name}.png", *CPU)
    calls, steps = [], singan.steps
    monkeypatch.setattr(singan, "steps", lambda *given, **how: calls.append(how["seed"]) or steps(*given, **how))
    told = json.loads(run("rerun", "made", "--out", "again/", "--threads", 1, "--json").stdout)["outputs"]
    assert [one["same_bytes"] for one in told] == [True] * 3
    assert sorted(calls) == [4, 5]


def test_rerun_is_on_the_device_that_was_asked_for(folder: Path, model: Path) -> None:
    run("singan", "sample", model, "--out", "x.png", *CPU)
    about = io.read_metadata("x.png")
    options = json.loads(about[catalogue.OPTIONS])
    for device, message in (
        ("cuda:99", "output=y.png (made with --device cuda:99): that device is not on this machine; run its command "),
        (3, "output=y.png (ValueError: device 3): "),
    ):
        told = {**about, catalogue.OPTIONS: json.dumps({**options, "device": device})}
        io.write("y.png", pixels("x.png"), metadata=told, force=True)
        refused(folder, "rerun", "y.png", message=message)


def test_rerun_says_what_it_cannot(
    folder: Path, model: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("singan", "sample", model, "--out", "a/x.png", *CPU)
    with monkeypatch.context() as patched:                # before a model is read
        patched.setattr(io, "read_model", None)
        for option in (["--dry-run"], ["--save-nnf"], ["--memory", "1GB"]):
            refused(folder, "rerun", "a/x.png", *option,
                    message=f"output=made with a trained model: {option[0]} is for ")
    run("generate", photo, "--iterations", 1, "--out", "a/y.png")
    refused(folder, "rerun", "a", "--out", "b/", message="output=results of both engines: must be of one engine")
    with pil.open("a/x.png") as file:
        told = dict(file.text)  # type: ignore[attr-defined]
        for key, value in ((catalogue.OPTIONS, '{"start_scale": "x"}'), (catalogue.OPTIONS, '{"colour": "1"}'),
                           (catalogue.SOURCES, "[]"), (catalogue.SOURCES, "3"),
                           (catalogue.SOURCES, '[{"role": "image"}]')):
            io.write("a/z.png", np.asarray(file), metadata={**told, key: value}, force=True)
            refused(folder, "rerun", "a/z.png", message="output=a/z.png (")


def test_json(folder: Path, model: Path) -> None:
    told = json.loads(run("singan", "sample", model, "--seed", 7, "--count", 2, "--json", *CPU).stdout)
    assert told["failed"] == []
    first = told["outputs"][0]
    wanted = {"path": "photo_sample_7.png", "seed": 7, "width": 26, "height": 20, "frames": 1}
    assert {key: first[key] for key in wanted} == wanted
    assert first["sha256_of_pixels"] == catalogue.pixel_hash(pixels("photo_sample_7.png"))
    assert first["seconds"] > 0


def test_templates_folders_and_standard_output(folder: Path, model: Path) -> None:
    run("singan", "sample", model, "--count", 2, "--seed", 1, "--out", "{task}/{stem}-{index:02d}-{width}x{height}.tif",
        *CPU)
    run("singan", "sample", model, "--seed", 1, "--out", "some/", *CPU)
    wanted = ["photo.safetensors", "sample/photo-00-26x20.tif", "sample/photo-01-26x20.tif", "some/photo_sample_1.png"]
    assert names(folder) == wanted
    done = run("singan", "sample", model, "--seed", 1, "--out", "-", "--quiet", *CPU)
    assert done.stdout_bytes == Path("some/photo_sample_1.png").read_bytes()
    assert done.stderr == ""
    assert names(folder) == wanted


def test_a_fresh_seed_is_told(folder: Path, model: Path) -> None:
    line = run("singan", "sample", model, *CPU).stderr
    seed = re.search(r"seed (\d+)", line)
    assert seed is not None
    assert f"photo_sample_{seed.group(1)}.png" in names(folder)
    assert run("singan", "sample", model, "--quiet", *CPU).stderr == ""
    assert " seed " in run("singan", "sample", model, "--quiet", "--out", "x.bmp", *CPU).stderr


def test_deep_pictures_have_deep_samples(folder: Path) -> None:
    deep = kept(folder, make_picture(16, 18).astype(np.float32) / 255)
    run("singan", "sample", deep, "--seed", 1, *CPU)
    assert io.read("other_sample_1.tif").pixels.dtype == np.float32
    refused(folder, "singan", "sample", deep, "--out", "x.png", *CPU,
            message=f"{deep}: output=float as .png: ")
    refused(folder, "singan", "animate", deep, *CPU, message=f"{deep}: output=.webp: does not hold float; ")
    five = kept(folder, make_picture(16, 18, 5), "five")
    refused(folder, "singan", "sample", five, *CPU, message=f"{five}: ")


# Training that was stopped

def test_a_stopped_model_is_used_and_said_to_be_such(folder: Path) -> None:
    first = next(step.model for step in singan.steps(make_picture(20, 26), params=TINY, seed=1, **ON_CPU))
    io.save_model(folder / "part.safetensors", first)
    line = run("singan", "sample", "part.safetensors", "--seed", 1, *CPU).stderr.splitlines()[0]
    assert line.startswith("note: only 1 of 3 scales of part.safetensors are trained, and results come from the ")
    assert pixels("part_sample_1.png").shape == (*first.sizes[0], 3)
    refused(folder, "singan", "superres", "part.safetensors", "--quiet", *CPU,
            message="part.safetensors: model=one trained scale: ")


# Animations

@pytest.mark.parametrize("suffix", [".webp", ".gif"])
def test_animate(folder: Path, model: Path, suffix: str) -> None:
    done = run("singan", "animate", model, "--frames", 5, "--fps", 20, "--seed", 3, "--out", "x" + suffix, *CPU)
    assert re.fullmatch(rf"x\{suffix}  26 x 20  5 frames  seed 3  \d+\.\d s\n", done.stderr)
    with pil.open("x" + suffix) as file:
        file.load()
        assert (file.n_frames, file.info["duration"], file.size) == (5, 50, (26, 20))
        assert len({frame.tobytes() for frame in ImageSequence.Iterator(file)}) > 1
    done = run("rerun", "x" + suffix, "--threads", 1)
    assert f"has the same bytes as x{suffix}" in done.stderr


def test_animate_passes_everything_on(folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    real = singan.animate

    def noted(*arguments: Any, **options: Any) -> Any:
        calls.append(options)
        return real(*arguments, **options)

    monkeypatch.setattr(singan, "animate", noted)
    mask = np.zeros((20, 26), np.uint8)
    mask[5:15, 5:20] = 255
    save(folder / "mask.png", mask)
    run("singan", "animate", model, "--frames", 3, "--alpha", 0.3, "--beta", 0.5, "--no-loop", "--mask", "mask.png",
        "--feather", 2, "--start-scale", 1, "--seed", 1, *CPU)
    assert names(folder) == ["mask.png", "photo.safetensors", "photo_animate_1.webp"]
    given = {name: calls[0][name] for name in ("frames", "alpha", "beta", "loop", "feather", "start_scale", "seed")}
    assert given == {
        "frames": 3, "alpha": 0.3, "beta": 0.5, "loop": False, "feather": 2, "start_scale": 1, "seed": 1
    }
    done = run("rerun", "photo_animate_1.webp", "--threads", 1)
    assert "has the same bytes" in done.stderr
    assert {**calls[1], "mask": 0, "on_step": 0} == {**calls[0], "mask": 0, "on_step": 0}
    refused(folder, "singan", "animate", model, "--mask", "photo_animate_1.webp", *CPU,
            message=f"{model}: mask=photo_animate_1.webp (3 frames): ")


# Super-resolution

def test_superres_of_a_model(folder: Path, model: Path, trained: Model) -> None:
    run("singan", "superres", model, "--factor", 1.5, "--seed", 2, *CPU)
    assert (pixels("photo_superres_2.png") == singan.superres(trained, factor=1.5, seed=2, **ON_CPU).image).all()
    for option, value in (("--iterations", "3"), ("--model", "new.safetensors")):
        refused(folder, "singan", "superres", model, option, value, *CPU,
                message=f"{option[2:]}={value}: {model} is trained already; ")


def test_superres_of_a_picture_trains_first(folder: Path) -> None:
    save(folder / "low.png", make_picture(20, 22), icc_profile=b"a profile")
    given = ("--factor", 1.3, "--iterations", 1, "--seed", 4, *CPU)
    done = run("singan", "superres", "low.png", "--model", "kept.safetensors", "--out", "one.png", *given)
    assert "scale 1 of " in done.stderr
    run("singan", "superres", "low.png", "--out", "two.png", *given)
    run("singan", "superres", "kept.safetensors", "--factor", 1.3, "--seed", 4, "--out", "three.png", *CPU)
    assert pixels("one.png").shape == (26, 29, 3)
    assert (pixels("one.png") == pixels("two.png")).all()
    assert (pixels("one.png") == pixels("three.png")).all()
    assert io.read("two.png").icc == b"a profile"
    model = io.load_model("kept.safetensors")
    assert (model.seed, model.params.iterations, model.params.reconstruction) == (4, 1, 100)
    roles = [json.loads(io.read_metadata(f"{name}.png")[catalogue.SOURCES])[0]["role"] for name in ("one", "two")]
    assert roles == ["model", "image"]
    for name in ("one", "two"):
        assert f"has the same bytes as {name}.png" in run("rerun", f"{name}.png", "--threads", 1).stderr


def test_superres_checks_before_it_trains(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(singan, "steps", None)
    save(folder / "low.png", make_picture(20, 22))
    save(folder / "old.png", make_picture(20, 22))
    (folder / "old.safetensors").write_bytes(b"")
    save(folder / "thin.png", make_picture(9, 22))
    (folder / "many").mkdir()
    for given, message in (
        (("low.png", "--factor", "1"), "low.png: factor=1.0: must be above 1, and at most 64"),
        (("low.png", "--factor", "x"), "factor='x': must be a number, 1 to 64"),
        (("low.png", "--iterations", "0"), "iterations=0: must be a whole number, 1 to 100000"),
        (("low.png", "--out", "old.png"), "output=old.png (exists): "),
        (("low.png", "--out", "low.png", "--force"), "output=low.png (is an input): "),
        (("low.png", "--out", "x.jpeg2"), "output suffix='.jpeg2': "),
        (("low.png", "--model", "old.safetensors"), "output=old.safetensors (exists): "),
        (("low.png", "--model", "model.pth"), "output suffix='.pth': must be one of .safetensors"),
        (("low.png", "--count", "2"), "count=2: each result of a picture takes a training of its own; "),
        (("thin.png",), "image=22 x 9 pixels: "),
        (("many",), "image='many': is a folder without pictures"),
        (("no.png",), "image=no.png (no such file or directory): "),
        (("no.safetensors",), "model=no.safetensors (no such file or directory): "),
    ):
        refused(folder, "singan", "superres", *given, *CPU, message=message)


@pytest.mark.parametrize("keeps", [True, False])
def test_ctrl_c_keeps_what_is_trained(folder: Path, monkeypatch: pytest.MonkeyPatch, keeps: bool) -> None:
    """In the middle of a scale: the file has it, and a training may go on from there."""
    import signal

    real = singan.steps

    def stopped(*arguments: Any, **options: Any) -> Any:
        for number, step in enumerate(real(*arguments, **options)):
            if number == 1:
                signal.raise_signal(signal.SIGINT)
            yield step

    monkeypatch.setattr(singan, "steps", stopped)
    save(folder / "low.png", make_picture(20, 22))
    more = ("--model", "kept.safetensors") if keeps else ()
    done = run("singan", "superres", "low.png", "--iterations", 3, *more, *CPU, code=130)
    assert done.stderr.endswith("cancelled\n")
    assert names(folder) == ["kept.safetensors"] * keeps + ["low.png"]
    if keeps:
        assert ("kept.safetensors keeps what is trained; go on with: patchloom singan train low.png "
                "--out kept.safetensors --resume --device cpu --threads 1\n") in done.stderr
        assert [len(scale.record) for scale in io.load_model("kept.safetensors").scales] == [2]


# What is refused

def test_bad_input_writes_nothing(folder: Path, model: Path) -> None:
    (folder / "taken.png").write_bytes(b"")
    for given, message in (
        (("--start-scale", "9"), "photo.safetensors: start_scale=9: must be a whole number, 0 to 2"),
        (("--start-scale", "-1"), "start_scale=-1: must be a whole number, 0 to 31"),
        (("--size", "10x10"), "photo.safetensors: size=10 rows x 10 columns: sides must be 11 to 32768"),
        (("--size", "32768x32768"), "photo.safetensors: size=32768x32768: must be at most 400 megapixels; "),
        (("--size", "big"), "size='big': must be WIDTHxHEIGHT"),
        (("--device", "gpu"), "device='gpu': must be auto, cpu, cuda, cuda:NUMBER or mps"),
        (("--threads", "-1"), "threads=-1: "),
        (("--seed", "-1"), "seed=-1: "),
        (("--count", "0"), "count=0: "),
        (("--count", "2", "--out", "x.png"), "out='x.png': is one name, and 2 pictures result; "),
        (("--out", "taken.png"), "output=taken.png (exists): "),
        (("--out", "x.gif"), "output suffix='.gif': "),
        (("--out", "photo.safetensors", "--force"), "output suffix='.safetensors': "),
        (("--out", "-", "--json"), "out=-: standard output cannot hold a picture and --json; "),
    ):
        arguments = [str(model.name), *given]
        refused(folder, "singan", "sample", *arguments, *(() if "--device" in given else ("--device", "cpu")),
                message=message)


def test_what_does_not_fit_into_memory_is_refused(folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "machine_memory", lambda: 10**6)
    run("singan", "animate", model, "--frames", 3, *CPU)
    for given, message in (
        (("sample", model, "--size", "200x100"), "memory=1.0 MB: 200 x 100 pixels need about 2"),
        (("animate", model, "--frames", 1000), "memory=1.0 MB: 26 x 20 pixels need about "),
        (("superres", model, "--factor", 8), "memory=1.0 MB: 208 x 160 pixels need about "),
    ):
        refused(folder, "singan", *given, *CPU, message=f"{model}: {message}")


def test_what_is_no_model_is_refused(folder: Path, photo: Path) -> None:
    for name in COMMANDS.keys() - {"superres"}:
        more = ["photo.png"] * bool(COMMANDS[name].made.takes) + ["--mask", "photo.png"] * (name == "harmonise")
        refused(folder, "singan", name, "photo.png", *more, message="model=photo.png (")


# All commands

@pytest.mark.parametrize("name", COMMANDS)
def test_help_tells_defaults_and_examples(name: str) -> None:
    told = run("singan", name, "--help").stdout
    assert "Examples:" in told
    for option in COMMANDS[name].params:
        if isinstance(option, click.Option) and not option.is_flag and not option.required:
            assert "[default: " in (option.help or ""), option.name


@pytest.mark.parametrize("name", COMMANDS)
def test_defaults_are_the_librarys(name: str) -> None:
    made = inspect.signature(getattr(singan, name)).parameters
    read = COMMANDS[name].make_context(name, ["a.safetensors", *["b.png"] * bool(COMMANDS[name].made.takes),
                                              *["--mask", "c.png"] * (name == "harmonise")]).params
    for option in COMMANDS[name].own:
        if option.name in made and option.name != "quantise":
            assert read[str(option.name)] == made[option.name].default, option.name


@pytest.mark.parametrize("name", COMMANDS)
def test_own_options_come_back_from_what_a_file_records(name: str) -> None:
    command = COMMANDS[name]
    given = {"frames": 7, "fps": 12.5, "alpha": 0.25, "beta": 0.75, "loop": False, "feather": 3, "start_scale": 1,
             "factor": 2.5, "consistent": False, "iterations": 9, "dilate": 2}
    usual = record.given_again(command.own, {})
    values = {**usual, **{key: value for key, value in given.items() if key in usual}}
    told = json.loads(json.dumps(record.recorded(command.own, values)))
    again = record.given_again(command.own, told)
    assert {key: value for key, value in again.items() if key in given and value is not None} == {
        key: value for key, value in given.items() if key in values
    }
