"""The command line: options, names, errors, exit codes, and what it writes; in-process but for the last tests."""

import io as streams
import json
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import click
import numpy as np
import pytest
from PIL import Image

import patchloom
from command_line import FAST, names, refused, run, save
from patchloom import catalogue, io, kernels
from patchloom.catalogue import as_seeds, as_size_request, resolve_size
from patchloom.cli import group
from patchloom.cli.command import TaskCommand
from patchloom.cli.output import as_naming
from patchloom.cli.progress import Progress
from patchloom.errors import ParameterError, PatchloomError
from patchloom.kernels import numpy_kernels
from patchloom.params import PRESETS, GPNNParams, numbers, with_diversity

# What it makes

def test_generate_writes_what_the_library_makes(photo, folder):
    done = run("generate", photo, "--seed", 5, "--count", 2, *FAST)
    assert names(folder) == ["photo.png", "photo_5.png", "photo_6.png"]
    assert done.stdout == ""
    assert re.fullmatch(r"photo_5\.png  40 x 32  seed 5  \d+\.\d s", done.stderr.splitlines()[0])
    for seed in (5, 6):
        with Image.open(photo) as source, Image.open(f"photo_{seed}.png") as made:
            expected = patchloom.generate(source, seed=seed, params=GPNNParams(iterations=2)).image
            assert made.mode == "RGB"
            assert made.tobytes() == expected.tobytes()


def test_the_file_says_how_it_was_made(photo, folder):
    given = ("--seed", 5, "--size", "48x32", "--alpha", "inf", *FAST)
    run("generate", photo, "--threads", 1, *given)
    run("generate", photo, "--threads", 2, "--out", "again/", *given)
    assert (folder / "photo_5.png").read_bytes() == (folder / "again" / "photo_5.png").read_bytes()
    with Image.open("photo_5.png") as made:
        text = made.text
    assert text["patchloom:version"] == patchloom.__version__
    assert (text["patchloom:task"], text["patchloom:seed"]) == ("generate", "5")
    stored = json.loads(text["patchloom:parameters"])
    assert (stored["alpha"], stored["iterations"]) == ("inf", 2)
    assert list(stored) == sorted(stored)
    assert {field.name for field in fields(GPNNParams)} == set(stored)
    assert json.loads(text["patchloom:options"]) == {"tile": "", "size": [32, 48]}
    assert json.loads(text["patchloom:sources"]) == [
        {"role": "image", "name": "photo.png", "sha256": io.read(photo).sha256, "path": "photo.png"}
    ]
    assert str(folder) not in "".join(text.values())


def test_a_fresh_seed_is_told(photo, folder):
    line = run("generate", photo, *FAST).stderr
    seed = re.search(r"seed (\d+)", line).group(1)
    assert f"photo_{seed}.png" in names(folder)


def test_json(photo, folder):
    done = run("generate", photo, "--seed", 7, "--count", 2, "--json", "--save-nnf", *FAST)
    told = json.loads(done.stdout)
    assert told["version"] == patchloom.__version__
    assert told["failed"] == []
    first = told["outputs"][0]
    assert {**first, **{"path": "photo_7.png", "seed": 7, "width": 40, "height": 32}} == first
    assert (first["source"], first["nnf"]) == (str(photo), "photo_7.npz")
    assert len({entry["sha256_of_pixels"] for entry in told["outputs"]}) == 2
    assert len(first["methods"]) == len(first["iterations"]) > 1
    assert first["seconds"] > 0
    assert len(done.stderr.splitlines()) == 2


def test_save_nnf(photo, folder):
    run("generate", photo, "--seed", 7, "--save-nnf", "--out", "new.png", *FAST)
    assert names(folder) == ["new.npz", "new.png", "photo.png"]
    nnf = io.load_field("new.npz").nnf
    with Image.open(photo) as source:
        image = np.asarray(source).astype(np.float32) / np.float32(255)
    made = patchloom.vote(image, nnf, sigma=PRESETS["default"].fold)
    assert np.array_equal(np.floor(made.clip(0, 1) * 255 + 0.5), np.asarray(io.read("new.png").pixels))


def test_quiet(photo):
    done = run("generate", photo, "--quiet", *FAST)
    assert (done.stdout, done.stderr) == ("", "")


def test_quiet_keeps_a_fresh_seed(photo, folder):
    """A BMP cannot hold it: it is told, unless it was given, is in the name or in --json."""
    quiet = ("--quiet", "--force", *FAST)
    said = run("generate", photo, "--out", "new.bmp", *quiet).stderr
    seed = re.fullmatch(r"new\.bmp  40 x 32  seed (\d+)  .*\n", said)
    run("generate", photo, "--out", "again.bmp", "--seed", seed.group(1), *FAST)
    assert (folder / "new.bmp").read_bytes() == (folder / "again.bmp").read_bytes()
    for more in (("--seed", 1, "--out", "new.bmp"), ("--out", "{seed}.bmp"), ("--out", "new.bmp", "--json")):
        assert run("generate", photo, *more, *quiet).stderr == ""


@pytest.mark.parametrize("name", ["deep.exr", "deep.tif"])
def test_floats_are_what_the_library_makes(folder, make_picture, name):
    pytest.importorskip("OpenImageIO")
    io.write(name, make_picture(32, 40).astype(np.float32) / 50 - 1)
    run("generate", name, "--seed", 1, "--out", "new" + name[-4:], *FAST)
    expected = patchloom.generate(io.read(name).pixels, seed=1, params=GPNNParams(iterations=2)).image
    assert np.array_equal(io.read("new" + name[-4:]).pixels, expected)


def test_force_keeps_links_and_permissions(photo, folder):
    (folder / "there").mkdir()
    old = save(folder / "there" / "old.png", np.zeros((8, 8), np.uint8))
    old.chmod(0o640)
    (folder / "link.png").symlink_to("there/old.png")
    run("generate", photo, "--out", "link.png", "--force", *FAST)
    assert (folder / "link.png").is_symlink()
    assert io.read(old).pixels.size == (40, 32)
    assert old.stat().st_mode & 0o777 == 0o640


def test_standard_input_and_output(photo, folder):
    run("generate", photo, "--seed", 1, "--out", "new.png", *FAST)
    done = run("generate", "-", "--seed", 1, "--out", "-", *FAST, input=photo.read_bytes())
    with Image.open(streams.BytesIO(done.stdout_bytes)) as made, Image.open("new.png") as expected:
        assert made.format == "PNG"
        assert made.tobytes() == expected.tobytes()
        assert json.loads(made.text["patchloom:sources"])[0]["name"] == "stdin"
    assert done.stderr.startswith("stdout  40 x 32  seed 1")


def test_a_profile_is_kept(folder, make_picture):
    photo = save(folder / "photo.png", make_picture(32, 40), icc_profile=b"a profile")
    run("generate", photo, "--out", "new.png", *FAST)
    assert io.read("new.png").icc == b"a profile"


def test_dry_run_writes_nothing(photo, folder):
    done = run("generate", photo, "--size", "200%x150%", "--seed", 3, "--count", 2, "--dry-run", "--save-nnf")
    assert names(folder) == ["photo.png"]
    lines = done.stderr.splitlines()
    assert lines[0] == f"{photo}: 40 x 32 -> 80 x 48, 2 pictures, seeds 3 to 4"
    assert re.search(r"80 x 48 +3108 +884 +patchmatch", lines[-6])
    assert re.search(r"^  under 0.1 s with \d threads?, about \d\.\d MB of memory", lines[-5])
    assert lines[-4:] == [f"  would write photo_{seed}.{kind}" for seed in (3, 4) for kind in ("png", "npz")]


def test_dry_run_of_a_large_picture_tells_its_seconds(photo):
    done = run("generate", photo, "--size", "4000%", "--dry-run")
    assert re.search(r"up to about \d+\.\d s with \d+ threads?, about \d+\.\d MB of memory", done.stderr)


def test_dry_run_as_json(photo):
    told = json.loads(run("generate", photo, "--seed", 3, "--dry-run", "--json").stdout)
    entry = told["inputs"][0]
    assert [level["width"] for level in entry["levels"]] == sorted(level["width"] for level in entry["levels"])
    assert entry["outputs"] == [{"path": "photo_3.png", "seed": 3}]
    assert entry["estimated_bytes"] > 0


def test_dry_run_refuses_what_a_run_would(photo, folder):
    done = run("generate", photo, "--memory", "10kB", "--dry-run", code=2)
    assert f"error: {photo}: memory=10000 bytes: this run needs about 1.5 MB; allow more" in done.stderr


# Options

TASKS = [name for name, command in group.commands.items() if isinstance(command, TaskCommand)]


@pytest.mark.parametrize("name", TASKS)
def test_options_equal_params(name):
    """Every number that is not for experts has an option, with its preset's value, unit, bounds and help."""
    command = group.commands[name]
    preset = PRESETS[command.task.presets[0]]
    options = {option.name: option for option in command.params}
    for item in fields(GPNNParams):
        number = numbers()[item.name]
        assert (item.name in options) is not number.expert
        if number.expert:
            continue
        option, default = options[item.name], getattr(preset, item.name)
        assert option.opts == ["--" + item.name.replace("_", "-")]
        assert number.help in option.help
        shown = default if number.choices else f"{default:g}"
        shown = "chosen from the picture" if (item.name, default) == ("coarsest", 0) else shown
        assert f"[default: {shown}" in option.help
        if number.choices:
            assert option.metavar == "[" + "|".join(number.choices) + "]"
        else:
            assert f"{number.low:g} to {number.high:g}{' ' + number.unit if number.unit else ''}]" in option.help


@pytest.mark.parametrize("name", TASKS)
def test_options_equal_the_catalogue(name):
    """Every parameter of the task has an option with its help, default, range and unit, or one that stands for it."""
    command = group.commands[name]
    assert command.task is catalogue.TASKS[name]
    options = {option.name: option for option in command.params}
    for own in command.task.options:
        if own.name in command.words.options:
            assert set(command.words.options[own.name]) <= set(command.params)
            continue
        option = options[own.name]
        assert option.opts == ["--" + (own.flag or own.name).replace("_", "-")]
        assert option.help.startswith(own.help)
        default = own.default if isinstance(own.default, str | None) else f"{own.default:g}"
        assert option.is_flag or f"[default: {own.told or default}" in option.help
        if own.kind in ("integer", "number"):
            assert option.help.endswith(f"; {own.low:g} to {own.high:g} {own.unit}".rstrip() + "]")
    for role in command.task.roles:
        assert options[role.name].opts == ["--" + role.word.replace("_", "-")]


def test_help_tells_defaults_and_ends_with_examples():
    for arguments in ((), *((name,) for name in group.commands)):
        text = run(*arguments, "--help").stdout
        assert "Examples:\n    patchloom " in text
        assert " ".join(("\n    patchloom", *arguments)) in text
    for option in (option for command in group.commands.values() for option in command.params):
        if not (isinstance(option, click.Argument) or option.is_flag):
            assert option.required or "default: " in option.help, option.name
    assert run().stdout == run("-h").stdout


def as_params(preset=None, diversity=None, **given):
    """The numbers that options of generate say."""
    words = {"preset": preset, "diversity": diversity}
    typed = [f"--{name.replace('_', '-')}={value}" for name, value in {**words, **given}.items() if value is not None]
    command = group.commands["generate"]
    return command.work(command.make_context("generate", ["photo.png", *typed]).params).params


def test_precedence_of_preset_diversity_and_numbers():
    paper, default = PRESETS["paper"], PRESETS["default"]
    assert as_params() == default
    assert as_params(preset="paper") == paper
    assert as_params(preset="paper", diversity="high") == with_diversity(paper, "high")
    assert as_params(diversity="high", coarsest=30).coarsest == 30
    wide = as_params(diversity="high", patch_size=9)
    assert wide.coarsest == with_diversity(GPNNParams(patch_size=9), "high").coarsest
    assert as_params(diversity="low", patch_size=31).coarsest % 31 == 0
    assert as_params(preset="paper", patch_size=31).coarsest == 62
    with pytest.raises(ParameterError, match="coarsest=14: must be 0 or at least patch_size"):
        as_params(patch_size=31, coarsest=14)


def test_alpha_takes_inf(photo):
    told = [
        json.loads(run("generate", photo, "--seed", 1, "--json", "--force", *more, *FAST).stdout)["outputs"][0]
        for more in ((), ("--alpha", "inf"), ("--alpha", str(GPNNParams().alpha)))
    ]
    hashes = [entry["sha256_of_pixels"] for entry in told]
    assert hashes[0] == hashes[2] != hashes[1]
    assert told[1]["parameters"]["alpha"] == "inf"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("300x200", (200, 300)), ("300X200", (200, 300)), ("150%", (30, 60)), ("200%x50%", (10, 80)),
     ("12.5%", (3, 5)), ("30x100%", (20, 30)), (None, (20, 40))],
)
def test_size_is_width_first(text, expected):
    request = None if text is None else as_size_request(text)
    assert resolve_size(request, (20, 40)) == expected


@pytest.mark.parametrize("text", ["", "300", "3x", "x3", "1x2x3", "-3x3", "3.5x4", "%", "wide", "1e3x4", "inf%"])
def test_size_refuses(text):
    with pytest.raises(ParameterError, match=r"^size='.*': must be WIDTHxHEIGHT in pixels or a percentage; try"):
        as_size_request(text)


def test_seeds_follow_and_end():
    assert list(as_seeds(3, 4)) == [3, 4, 5, 6]
    assert as_seeds(2**64 - 2, 2)[-1] == 2**64 - 1
    with pytest.raises(ParameterError, match="above 2"):
        as_seeds(2**64 - 2, 3)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--patch-size", "8", "patch_size=8: must be odd, 3 to 31; try 7 or 9"),
        ("--patch-size", "seven", "patch_size='seven': must be odd, 3 to 31"),
        ("--alpha", "0", "alpha=0: must be a number, 1e-06 to inf; try 1e-06"),
        ("--alpha", "nan", "alpha=nan: must be a number, 1e-06 to inf"),
        ("--method", "best", "method='best': must be one of auto, exact, patchmatch"),
        ("--preset", "best", "preset='best': must be one of default, official, paper"),
        ("--diversity", "best", "diversity='best': must be one of low, medium, high"),
        ("--count", "0", "count=0: must be a whole number, 1 to 10000"),
        ("--seed", "-1", "seed=-1: must be a whole number, 0 to 2**64 - 1"),
        ("--seed", "x", "seed='x': must be a whole number, 0 to 2**64 - 1"),
        ("--threads", "2000", "threads=2000: must be a whole number, 0 (all cores) to 1024"),
        ("--memory", "lots", "memory='lots': must be bytes, or a number with MB, GB, MiB or GiB; try 500MB or 2GiB"),
        ("--size", "99999999x9", "size='99999999x9': a side has at most 32768 pixels; ask for less"),
        ("--size", "9" * 400 + "%", "size='" + "9" * 400 + "%': a side has at most 32768 pixels; ask for less"),
        ("--out", "{title}.png", "out='{title}.png': unknown field {title}; may hold {stem}, {name}, {seed}, "),
        ("--out", "{stem:{foo}}.png", "out='{stem:{foo}}.png': has a field with a format that does not fit"),
        ("--out", "{index:999999999999d}.png", "out='{index:999999999999d}.png': has a field with a format"),
        ("--out", "{stem:.0}", "output suffix=none: must be one of .png"),
        ("--out", "{stem.real}.png", "out='{stem.real}.png': unknown field {stem.real}; may hold "),
        ("--out", "{stem.png", "out='{stem.png': braces do not match; may hold "),
        ("--out", "{stem:d}.png", "photo.png: out='{stem:d}.png': has a field with a format that does not fit"),
        ("--size", "3x3", "photo.png: size=3 rows x 3 columns: sides must be 7 to "),
        ("--start-level", "40", "photo.png: start_level=40: must be below the number of levels"),
        ("--no-such", "1", "No such option '--no-such'"),
    ],
)
def test_bad_options(photo, folder, option, value, message):
    refused(folder, "generate", photo.name, option, value, message=message)


# Inputs and outputs that cannot be used

def broken(folder, make_picture):
    """Files that are not a whole single picture, and a part of what is said about each."""
    pixels = make_picture(32, 40)
    whole = streams.BytesIO()
    Image.fromarray(pixels).save(whole, "JPEG")
    (folder / "text.png").write_text("not a picture")
    (folder / "cut.jpg").write_bytes(whole.getvalue()[:500])
    (folder / "empty.png").write_bytes(b"")
    save(folder / "tiny.png", pixels[:5, :5])
    frames = [Image.fromarray(pixels), Image.fromarray(pixels[::-1])]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])
    return {"text.png": "known kind", "cut.jpg": "whole picture", "empty.png": "0 bytes", "tiny.png": "5 x 5 pixels",
            "moving.gif": "2 frames", "missing.png": "no such file"}


@pytest.mark.parametrize("name", ["text.png", "cut.jpg", "empty.png", "tiny.png", "moving.gif", "missing.png"])
def test_bad_input(folder, make_picture, name):
    said = broken(folder, make_picture)[name]
    assert name in run("generate", name, code=2).stderr
    refused(folder, "generate", name, "--out", "out/", message="")
    assert said in run("generate", name, code=2).stderr


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("s3://b/x.png",), "image='s3://b/x.png': must be a path, and is a URL; URLs are for patchloom batch"),
        (("photo.png", "--map", "n=s3://b/x.png"), "map n='s3://b/x.png': must be a path"),
        (("photo.png", "--out", "s3://b/"), "out='s3://b/': must be a path"),
    ],
)
def test_addresses(photo, folder, given, message):
    refused(folder, "generate", *given, message=message)


def test_picture_that_is_not_finite(folder, make_picture):
    pytest.importorskip("OpenImageIO")
    pixels = make_picture(32, 40).astype(np.float32) / 255
    pixels[3, 4, 1] = np.nan
    io.write("float.exr", pixels)
    refused(folder, "generate", "float.exr", message="float.exr: source=1 values that are NaN or infinite: ")


def test_bad_setting_for_threads(photo, folder, monkeypatch):
    monkeypatch.setenv("PATCHLOOM_THREADS", "many")
    refused(folder, "generate", photo, message="PATCHLOOM_THREADS='many': must be a whole number")
    run("generate", photo, "--threads", 1, *FAST)


def test_bad_outputs(photo, folder):
    (folder / "file").write_text("")
    (folder / "old.png").write_bytes(b"old")
    refused(folder, "generate", photo, "--out", "new.xyz", message="output suffix='.xyz': must be one of .png,")
    refused(folder, "generate", photo, "--out", "{seed}", message="output suffix=none: must be one of .png,")
    refused(folder, "generate", photo, "--out", "old.png", message="output=old.png (exists): is not overwritten")
    refused(folder, "generate", photo, "--out", "file/new.png", message="output=file/new.png (file is not a folder)")
    run("generate", photo, "--out", "old.png", "--force", "--seed", 1, *FAST)
    assert io.read("old.png").pixels.size == (40, 32)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="not on this machine: root may write anywhere"
)
def test_unwritable_folder(photo, folder):
    (folder / "locked").mkdir(mode=0o500)
    refused(folder, "generate", photo, "--out", "locked/", message="output=locked/photo_")


def test_unwritable_folder_as_the_system_tells_it(photo, folder, monkeypatch):
    """The same for root, to whom the system says yes."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    refused(folder, "generate", photo, "--out", "locked/", "--seed", 1, message="output=locked/photo_1.png (")


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(36, "File name too long")])
def test_paths_that_the_system_refuses(photo, folder, monkeypatch, error):
    """A folder that may not be entered, as root meets it nowhere."""
    stat = Path.stat

    def refuse(path, **options):
        if "locked" in str(path):
            raise error
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    said = f"({error.strerror.lower()}): must be a path that can be followed"
    refused(folder, "generate", "locked/in.png", message=f"image=locked/in.png {said}")
    for out in ("locked/1.png", "locked/{seed}.png", "locked/{seed}{stem:.0}" + "{stem:.0}" * 60 + ".png"):
        refused(folder, "generate", photo, "--out", out, "--seed", 1, message=f"output=locked/1.png {said}")


def test_names_that_are_too_long(photo, folder):
    long = "n" * 300
    refused(folder, "generate", long, message=f"image={long} (")
    for out in (f"{long}.png", f"new/{long}.png", f"{long}/new.png", f"{{seed}}{long}.png"):
        refused(folder, "generate", photo, "--out", out, message="out")


def test_system_errors_are_one_line(photo, folder, monkeypatch):
    def fail(*_, **__):
        raise OSError(5, "Input/output error", "somewhere")

    monkeypatch.setattr("patchloom.tasks.run", fail)
    refused(folder, "generate", photo, message="somewhere=input/output error: ")


def test_inputs_are_not_replaced(folder, make_picture):
    """An output never has the place of an input, by any name for it."""
    pictures = [save(folder / name, make_picture(32, 40, 3, i)) for i, name in enumerate(("in.png", "in_1.png"))]
    before = [file.read_bytes() for file in pictures]
    (folder / "link.png").symlink_to("in.png")
    (folder / "hard.png").hardlink_to("in.png")
    said = "(is an input): inputs are not replaced, even with --force"
    refused(folder, "generate", "in.png", "in_1.png", "--seed", 1, "--force", message=f"output=in_1.png {said}")
    for out in ("in.png", "./in.png", str(folder / "in.png"), "link.png", "hard.png"):
        refused(folder, "generate", "in.png", "--out", out, "--force", message="output=")
        refused(folder, "generate", "in.png", "--out", out, "--force", "--dry-run", message="output=")
    refused(folder, "generate", "link.png", "--out", "in.png", "--force", message=f"output=in.png {said}")
    assert [file.read_bytes() for file in pictures] == before


def test_no_name_is_no_folder(photo, folder):
    refused(folder, "generate", "", message="image='': must be a file, a folder or -")


def test_standard_output_is_png(folder, make_picture):
    Image.fromarray(make_picture(32, 40, 4), "CMYK").save("ink.tif")
    refused(folder, "generate", "ink.tif", "--out", "-",
            message="ink.tif: out=-: standard output is PNG, which does not hold such pixels; try --out FILE.tif")


def test_existing_field_is_not_overwritten(photo, folder):
    (folder / "new.npz").write_bytes(b"")
    refused(folder, "generate", photo, "--out", "new.png", "--save-nnf", message="output=new.npz (exists)")


def test_too_little_memory(photo, folder):
    refused(folder, "generate", photo, "--memory", "10kB", message=f"{photo}: memory=10000 bytes: this run needs about")


def test_one_name_for_several_pictures(photo, folder):
    for out in ("new.png", "-", "{stem}.png"):
        message = f"out='{out}': is one name, and 2 pictures"
        refused(folder, "generate", photo, "--count", 2, "--out", out, message=message)


def test_two_inputs_of_one_name(photo, folder, make_picture):
    other = save(folder / "other" / "photo.png", make_picture(32, 40, 3, 1))
    refused(folder, "generate", photo, other, "--seed", 1, message="out='" + str(folder / "photo_1.png"))


def test_standard_streams_refuse(photo, folder, monkeypatch):
    refused(folder, "generate", photo, "--out", "-", "--json", message="out=-: standard output cannot hold")
    refused(folder, "generate", photo, "--out", "-", "--save-nnf", message="out=-: --save-nnf writes beside a file")
    refused(folder, "generate", "-", "-", message="image=-: standard input can be given once")


def test_nothing_to_do(folder):
    (folder / "empty").mkdir()
    refused(folder, "generate", message="Missing argument 'IMAGE...'; see patchloom generate --help")
    refused(folder, "generate", "empty", message="image='empty': is a folder without pictures")
    refused(folder, "--json", message="--json goes with --version here")
    refused(folder, "gnerate", message="No such command 'gnerate'")


# Several inputs

def test_same_stem_twice(folder, make_picture):
    """A folder with x.jpg and x.png: the error's own remedy works."""
    for name in ("x.jpg", "x.png"):
        save(folder / "in" / name, make_picture(32, 40))
    done = run("generate", "in", "--seed", 1, *FAST, code=2)
    assert done.stderr.endswith('2 results would have this name; try --out "out/{name}_{seed}.png", or a run for each '
                                "input\n")
    run("generate", "in", "--seed", 1, "--out", "out/{name}_{seed}.png", *FAST)
    assert names(folder / "out") == ["x.jpg_1.png", "x.png_1.png"]


def test_a_folder_goes_on_past_bad_pictures(folder, make_picture):
    inputs = folder / "in"
    inputs.mkdir()
    bad = set(broken(inputs, make_picture)) - {"missing.png"}
    save(inputs / "good.png", make_picture(32, 40))
    save(inputs / "zebra.png", make_picture(32, 40, 3, 1))
    done = run("generate", "in", "--seed", 1, "--out", "out/{stem}.png", "--json", *FAST, code=1)
    assert names(folder / "out") == ["good.png", "zebra.png"]
    lines = done.stderr.splitlines()
    assert len([line for line in lines if line.startswith("error: ")]) == len(bad)
    assert lines[-1].startswith(f"{len(bad)} of {len(bad) + 2} inputs failed: ")
    assert all(f"in/{name}" in lines[-1] for name in bad)
    assert all(any(f"in/{name}" in line for name in bad) for line in lines if line.startswith("error: "))
    told = json.loads(done.stdout)
    assert {entry["source"] for entry in told["failed"]} == {f"in/{name}" for name in bad}
    assert [entry["path"] for entry in told["outputs"]] == ["out/good.png", "out/zebra.png"]


def test_templates(photo, folder, make_picture):
    other = save(folder / "other.png", make_picture(24, 32))
    out = "out/{stem}/{index:03d}_{width}x{height}_{seed}{suffix}"
    run("generate", photo, other, "--seed", 8, "--count", 2, "--size", "150%", "--out", out, *FAST)
    assert names(folder / "out") == [
        "other/000_48x36_8.png", "other/001_48x36_9.png", "photo/000_60x48_8.png", "photo/001_60x48_9.png"
    ]


def test_what_out_means(folder):
    (folder / "a.b").mkdir()
    (folder / "{odd}").mkdir()
    where = {"stem": "s", "name": "s.jpg", "seed": 1, "index": 0, "width": 4, "height": 3, "suffix": ".png"}
    for out, expected in {
        None: "s_1.png", "new.png": "new.png", "x/new.tif": "x/new.tif", "x": "x/s_1.png", "x.y/": "x.y/s_1.png",
        "a.b": "a.b/s_1.png", "{odd}": "{odd}/s_1.png", "{stem}/": "s/s_1.png", "{width}x{height}.png": "4x3.png",
        "{name}_{seed}.png": "s.jpg_1.png",
    }.items():
        assert as_naming(out).path(where).as_posix() == expected
    with pytest.raises(ParameterError, match="out='': must be"):
        as_naming("")


# Front matter, progress and the ways to end

def test_version():
    told = json.loads(run("--version", "--json").stdout)
    assert list(told) == ["version", "kernels", "isa", "python", "numpy"]
    assert told["version"] == patchloom.__version__
    assert run("--version").stdout.startswith(f"patchloom {patchloom.__version__} (")


def test_progress_bar(picture):
    """On a terminal: level, iteration and time left; the bar ends full and the last picture's share is its own."""
    from rich.console import Console

    text = streams.StringIO()
    console = Console(file=text, force_terminal=True, width=120)
    plan = patchloom.plans.generate(picture, seed=1, params=GPNNParams(iterations=2))
    with Progress(2.0, console=console) as progress:
        for label in ("a [bold]", "b"):
            patchloom.run(plan, on_step=progress.picture(label, plan, 1.0))
            progress._bar.refresh()                       # as it does ten times a second
            progress.line(f"{label} is made")
    shown = text.getvalue()
    levels = len(plan.sizes)
    assert f"a [bold]  level {levels} of {levels}, iteration" in shown
    assert "\x1b[2Ka [bold] is made\n" in shown             # on a line of its own, in the bar's place
    assert " 50%" in shown
    assert "100%" in shown


def test_no_bar_without_a_terminal(picture):
    plan = patchloom.plans.generate(picture, seed=1)
    with Progress(1.0) as progress:
        assert progress._bar is None
        assert progress.picture("a", plan, 1.0) is None


@pytest.mark.parametrize(("seconds", "quiet", "said"), [
    (4.9, False, ""), (12.3, False, "a begins, up to about 12 s\n"), (12.3, True, ""),
])
def test_long_pictures_are_announced(picture, capsys, seconds, quiet, said):
    with Progress(1.0, quiet=quiet) as progress:
        progress.picture("a", patchloom.plans.generate(picture, seed=1), 1.0, seconds)
    assert capsys.readouterr() == ("", said)


def test_odd_names_in_the_bar(folder, make_picture, monkeypatch):
    seen = []
    picture = Progress.picture

    def look(self, label, *rest):
        seen.append(label)
        return picture(self, label, *rest)

    monkeypatch.setattr(Progress, "picture", look)
    save(folder / "a\nb.png", make_picture(32, 40))
    run("generate", "a\nb.png", "--seed", 1, *FAST)
    assert seen == ["a\\nb.png seed 1"]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "cancelled\n"),
        (BrokenPipeError(), 1, ""),
        (MemoryError(), 2, "error: memory: the system has no more to give"),
        (PatchloomError("two\nlines"), 2, "error: photo.png: two lines\n"),
    ],
)
def test_ends(photo, folder, monkeypatch, error, code, said):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("patchloom.tasks.run", fail)
    done = run("generate", photo.name, code=code)
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == (said != "")
    assert names(folder) == ["photo.png"]


@pytest.mark.filterwarnings("default")
def test_warnings_are_one_line(photo, monkeypatch):
    monkeypatch.delenv("PATCHLOOM_KERNELS", raising=False)
    monkeypatch.setattr(kernels, "_chosen", lambda: numpy_kernels)
    kernels.warn_if_slow.cache_clear()
    first = run("generate", photo, *FAST).stderr.splitlines()[0]
    assert first.startswith("warning: patchloom runs on its NumPy kernels")
    kernels.warn_if_slow.cache_clear()
    assert run("generate", photo, "--quiet", *FAST).stderr == ""


def start(*arguments, **options):
    """Start the real command."""
    command = [sys.executable, "-m", "patchloom", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_the_real_command(photo, folder):
    process = start("generate", photo, "--seed", 2, "--out", "new.png", *FAST)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert err.startswith("new.png  40 x 32  seed 2")
    assert names(folder) == ["new.png", "photo.png"]


def test_nobody_reads_the_output(photo):
    process = start("generate", photo, "--out", "-", "--quiet", *FAST)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(60) == 1
    process.stderr.close()


POSIX = pytest.mark.skipif(os.name == "nt", reason="not on this machine: these are POSIX's")


def shell(line, **options):
    """Run a line of shell, in which ``patchloom`` is the real command."""
    command = f"patchloom() {{ {shlex.quote(sys.executable)} -m patchloom \"$@\"; }}\n{line}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, **options)
    return done.returncode, done.stdout, done.stderr


HAS_FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="not on this machine: /dev/full")


@POSIX
@pytest.mark.parametrize("target", [pytest.param("/dev/full", marks=HAS_FULL), "&-"])
@pytest.mark.parametrize("options", [
    "--version", "generate photo.png --quiet --json", "generate photo.png --quiet --out -",
])
def test_standard_output_that_takes_nothing(photo, options, target):
    code, out, err = shell(f"patchloom {options} >{target}")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: stdout=closed: " if target == "&-" else "error: stdout=no space left on device: ")


@POSIX
@pytest.mark.parametrize("closed", [
    ">&-", "<&-", "2>&-", "<&- >&- 2>&-", pytest.param("2>/dev/full", marks=HAS_FULL)])
def test_closed_streams_that_nobody_needs(photo, folder, closed):
    """The picture is made, whatever else is closed; its file does not become a standard stream."""
    assert shell(f"patchloom generate photo.png --out new.png --seed 1 --iterations 2 {closed}")[0] == 0
    run("generate", photo, "--seed", 1, "--out", "again.png", *FAST)
    assert (folder / "new.png").read_bytes() == (folder / "again.png").read_bytes()


@POSIX
def test_standard_input_that_gives_nothing(folder):
    code, out, err = shell("patchloom generate - <&-")
    assert (code, out, err) == (2, "", "error: image=-: standard input is closed; pipe a picture in\n")


@POSIX
@pytest.mark.parametrize("how", ["cat photo.png | patchloom generate /dev/stdin",
                                 "mkfifo pipe; cat photo.png >pipe & patchloom generate pipe"])
def test_inputs_that_are_read_once(photo, folder, how):
    code, _, err = shell(f"{how} --seed 1 --out new.png --iterations 2")
    assert (code, err[:7]) == (0, "new.png")
    run("generate", photo, "--seed", 1, "--out", "again.png", *FAST)
    assert io.read("new.png").pixels.tobytes() == io.read("again.png").pixels.tobytes()


@POSIX
def test_ctrl_c_during_imports(folder):
    """Simulated: whatever the command line imports first is interrupted."""
    (folder / "click.py").write_text("raise KeyboardInterrupt\n")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    assert shell("patchloom --version", env=environment) == (130, "", "cancelled\n")


@POSIX
def test_ctrl_c(folder, make_picture):
    """Cancelled in the middle of a long level: exit code 130, one line, and no file, whole or partial."""
    inputs = [save(folder / name, make_picture(*size)) for name, size in (("a.png", (20, 24)), ("b.png", (600, 800)))]
    process = start("generate", *inputs, "--preset", "paper", "--out", "out/", "--seed", 1, "--threads", 1,
                    preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    assert process.stderr.readline().startswith("out/a_1.png")
    assert process.stderr.readline().startswith("b.png seed 1 begins, up to about ")
    time.sleep(0.5 + random.random())
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "cancelled\n")
    assert names(folder / "out") == ["a_1.png"]


def test_more_than_the_machine_has_is_refused(folder, photo, monkeypatch):
    """Before the run, not by the system in the middle of it; an explicit budget goes before it."""
    monkeypatch.setattr("patchloom.cli.command.machine_memory", lambda: 1000)
    refused(folder, "generate", photo, message=f"{photo}: memory=")
    run("generate", photo, "--memory", "1GB", "--dry-run")
    monkeypatch.setattr("patchloom.cli.command.machine_memory", lambda: None)
    run("generate", photo, "--dry-run")
