"""Model files: what goes in comes out, the same bytes every time, and nothing that is not whole gets in."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as pil

torch = pytest.importorskip("torch", reason="not on this machine: torch")
safetensors_torch = pytest.importorskip("safetensors.torch", reason="not on this machine: safetensors")

from conftest import make_picture  # noqa: E402
from patchloom import io, singan  # noqa: E402
from patchloom.checks import as_image, from_image  # noqa: E402
from patchloom.errors import FileError, ImageError, InputError, ParameterError  # noqa: E402
from patchloom.params import MOST_SCALES  # noqa: E402
from patchloom.singan import file_header, files  # noqa: E402
from patchloom.singan.networks import body  # noqa: E402

TINY = singan.SinGANParams(min_size=12, iterations=3, channels=4)
CPU: dict[str, Any] = {"device": "cpu", "threads": 1}


def models_of(picture: Any) -> list[singan.Model]:
    """Models after every iteration of a training of three scales of three."""
    return [step.model for step in singan.steps(picture, params=TINY, seed=2**64 - 1, **CPU)]


@pytest.fixture(scope="module")
def models() -> list[singan.Model]:
    return models_of(make_picture(16, 20))


@pytest.fixture(scope="module")
def whole(models: list[singan.Model]) -> bytes:
    return files.pack(models[-1])


def flat(model: singan.Model) -> dict[str, Any]:
    """Everything a model holds, as plain values and bytes."""
    rest = model.unfinished
    weights = {f"{number} {name}": value for number, scale in enumerate(model.scales)
               for name, value in scale.generator.items()}
    if rest is not None:
        weights |= {f"critic {name}": value for name, value in rest.critic.items()}
        weights |= {f"adam {name}": value for name, value in rest.adam.items()}
    return {
        **{name: (value.shape, value.dtype, value.numpy().tobytes()) for name, value in weights.items()},
        "image": (model.image.shape, model.image.dtype, model.image.tobytes()), "kind": vars(model.kind),
        "params": model.params, "seed": model.seed, "own_size": model.own_size, "precision": model.precision,
        "icc": model.icc,
        "scales": [(scale.amplitude, scale.error, scale.record.tobytes()) for scale in model.scales],
        "unfinished": rest is None,
    }


@pytest.mark.parametrize("at", range(9))
def test_what_goes_in_comes_out(models: list[singan.Model], at: int) -> None:
    """In the middle of a scale, at its end, and when all is done."""
    data = files.pack(models[at])
    again = files.unpack(data)
    assert flat(again) == flat(models[at])
    assert files.pack(again) == data
    assert bool(again.unfinished and again.unfinished.adam) == (at % 3 < 2)


def test_a_colour_profile_is_kept(models: list[singan.Model]) -> None:
    data = files.pack(replace(models[0], icc=b"a profile"))
    assert flat(files.unpack(data)) == flat(replace(models[0], icc=b"a profile"))
    assert files.unpack(files.pack(models[0])).icc is None


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "clear P", "RGB", "RGBA", "CMYK", "I;16", "F", "uint8", "uint16",
                                  "big", "bool", "float16", "float64", "seven"])
def test_every_kind_of_pixels(mode: str) -> None:
    """A sample of a model that was kept has the type, mode and palette of one that was not."""
    rgb = make_picture(14, 17)
    picture: Any = {
        "P": lambda: pil.fromarray(rgb).quantize(9), "clear P": lambda: pil.fromarray(rgb).quantize(9),
        "I;16": lambda: pil.fromarray(rgb[..., 0].astype(np.uint16) * 257),
        "F": lambda: pil.fromarray(rgb[..., 0].astype(np.float32) - 90),
        "uint8": lambda: rgb, "uint16": lambda: rgb.astype(np.uint16) * 257,
        "big": lambda: rgb.astype(">u2") * 257, "bool": lambda: rgb[..., 0] > 120,
        "float16": lambda: (rgb / 255).astype(np.float16), "float64": lambda: rgb * 3.5 - 100,
        "seven": lambda: make_picture(14, 17, 7),
    }.get(mode, lambda: pil.fromarray(rgb).convert(mode))()
    if mode == "clear P":
        picture.info["transparency"] = 3
    params = replace(TINY, scales=1, iterations=1)
    model = singan.train(picture, params=params, seed=1, **CPU)
    again = files.unpack(files.pack(model))
    assert vars(again.kind) == vars(model.kind)
    one, other = (from_image(some.image, some.kind) for some in (model, again))
    assert type(one) is type(other)
    assert getattr(one, "mode", "") == getattr(other, "mode", "")
    assert (np.asarray(one) == np.asarray(other)).all()


def test_the_same_training_gives_the_same_bytes_in_another_process(whole: bytes) -> None:
    here = Path(__file__).parent
    code = ("import sys, hashlib; sys.path.insert(0, sys.argv[1]); import test_singan_files as t; "
            "print(hashlib.sha256(t.files.pack(t.models_of(t.make_picture(16, 20))[-1])).hexdigest())")
    done = subprocess.run([sys.executable, "-c", code, str(here)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(whole).hexdigest()


def test_only_float32_and_one_text_of_json(whole: bytes) -> None:
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + length])
    metadata = header.pop("__metadata__")
    assert list(metadata) == ["patchloom-singan"]
    assert json.loads(metadata["patchloom-singan"])["version"] == 1
    assert {entry["dtype"] for entry in header.values()} == {"F32"}


def test_shapes_are_those_of_the_networks() -> None:
    """What a file must hold is read off the networks themselves; Adam's tensors follow their parameters."""
    params = replace(TINY, channels=4, most_channels=8)
    shapes = files._shapes(params, 3, 5, "iteration")
    generator = [tuple(value.shape) for value in body(3, 8, 3).parameters()]
    critic = [tuple(value.shape) for value in body(3, 8, 1, normalised=False).parameters()]
    assert [shapes[f"adam.generator.{at}.exp_avg"] for at in range(len(generator))] == generator
    assert [shapes[f"adam.critic.{at}.exp_avg_sq"] for at in range(len(critic))] == critic
    assert shapes["generator.3.0.weight"] == (4, 3, 3, 3)
    assert shapes["generator.4.0.weight"] == (8, 3, 3, 3)


# Damage

def test_any_flipped_bit_is_noticed(whole: bytes) -> None:
    """Of the length, of bytes all over the header, and of the tensors: sampled, as each takes a millisecond."""
    length = 8 + int.from_bytes(whole[:8], "little")
    places = [*range(8), *range(8, length, 17), *range(length, len(whole), 211), len(whole) - 1]
    for number, place in enumerate(places):
        data = bytearray(whole)
        data[place] ^= 1 << (number % 8)
        with pytest.raises(FileError):
            files.unpack(bytes(data))


@pytest.mark.parametrize("keep", [0, 7, 8, 9, 200, -1000, -1])
def test_cut_short(whole: bytes, keep: int) -> None:
    with pytest.raises(FileError, match=r"model=a\.safetensors \("):
        files.unpack(whole[:keep], "a.safetensors")


def test_as_many_scales_as_a_model_may_have() -> None:
    params = replace(TINY, min_size=11, ratio=0.95, iterations=1, most_channels=4)
    picture = make_picture(51, 51)
    model = singan.train(picture, params=params, seed=1, **CPU)
    assert model.count == MOST_SCALES
    assert flat(files.unpack(files.pack(model))) == flat(model)
    with pytest.raises(ParameterError, match="^ratio="):
        singan.steps(make_picture(52, 52), params=params, **CPU)


def test_too_long(whole: bytes) -> None:
    with pytest.raises(FileError, match="damaged"):
        files.unpack(whole + b"\0")


def test_foreign_files(whole: bytes) -> None:
    zeros = {"weight": torch.zeros(3)}
    for data, told in (
        (b"not this", "no safetensors file"),
        (b"\x10" + bytes(7) + b"[" * 16, "damaged header"),
        (b"\x02" + bytes(7) + b"[]", "something else"),
        (b"\xff" * 8 + whole[8:], "no safetensors file"),
        (safetensors_torch.save(zeros), "something else"),
        (safetensors_torch.save(zeros, {"format": "pt"}), "something else"),
        (safetensors_torch.save(zeros, {"patchloom-singan": "[]"}), "something else"),
        (safetensors_torch.save(zeros, {"patchloom-singan": "[" * 100_000}), "damaged header"),
        (safetensors_torch.save(zeros, {"patchloom-singan": '{"format":"patchloom-singan"}'}), "damaged header"),
    ):
        with pytest.raises(FileError, match=told):
            files.unpack(data)


# Files that are whole, but hold something else than a model: each with its own right SHA-256

Change = Callable[[dict[str, Any], dict[str, Any]], Any]


def crafted(data: bytes, change: Change) -> bytes:
    told, tensors = file_header.header_of(data, 1), safetensors_torch.load(data)
    del told["sha256"]
    change(told, tensors)
    told["sha256"] = files._digest(told, tensors)
    return safetensors_torch.save(tensors, {"patchloom-singan": file_header.canonical(told)})


def put(name: str, value: Any) -> Change:
    """A tensor in another's place."""
    return lambda told, tensors: tensors.__setitem__(name, value)


def say(*path: Any) -> Change:
    """Another value in the JSON, at a path of keys."""
    def change(told: Any, tensors: Any) -> None:
        for key in path[:-2]:
            told = told[key]
        told[path[-2]] = path[-1]

    return change


BAD: dict[str, Change] = {
    "a later version": say("version", 2),
    "an earlier version": say("version", 0),
    "another key": say("more", 1),
    "no seed": lambda told, tensors: told.pop("seed"),
    "a seed that is none": say("seed", -1),
    "a seed that is too large": say("seed", 2**64),
    "a seed that is true": say("seed", True),
    "a profile that is none": say("icc", 3),
    "a profile of odd digits": say("icc", "abc"),
    "a precision that is none": say("precision", "auto"),
    "a state that is none": say("unfinished", "all"),
    "an own size that is none": say("own_size", [16, 0]),
    "an own size of one number": say("own_size", [16]),
    "another own size": say("own_size", [160, 100]),
    "a number out of range": say("params", "iterations", 0),
    "a number of another type": say("params", "ratio", "0.75"),
    "numbers that contradict": say("params", "channels", 200),
    "an unknown number": say("params", "more", 1),
    "a missing number": lambda told, tensors: told["params"].pop("ratio"),
    "no numbers": say("params", []),
    "other widths": say("params", "channels", 8),
    "fewer iterations than were done": say("params", "iterations", 2),
    "no scales": say("scales", []),
    "too few scales": lambda told, tensors: told["scales"].pop(),
    "too many scales": lambda told, tensors: told["scales"].append(told["scales"][0]),
    "absurdly many scales": say("scales", [{"amplitude": 1.0, "error": 1.0}] * 100),
    "an absurd amplitude": say("scales", 1, "amplitude", 100.5),
    "a negative amplitude": say("scales", 0, "amplitude", -1.0),
    "an error that is no number": say("scales", 0, "error", None),
    "a scale that is none": say("scales", 0, 3),
    "an unknown mode": say("kind", "mode", "HSV"),
    "a mode of other channels": say("kind", "mode", "L"),
    "a mode of other numbers": lambda told, tensors: told["kind"].update(mode="RGB", dtype="<f4"),
    "an unknown dtype": say("kind", "dtype", "O"),
    "a dtype that is none": say("kind", "dtype", 3),
    "a range that is none": say("kind", "high", 0.0),
    "a palette without its mode": say("kind", "palette", "00ff00"),
    "a palette that is none": lambda told, tensors: told["kind"].update(mode="P", palette="00ff0"),
    "a flat picture of colours": say("kind", "flat", True),
    "no kind": say("kind", None),
    "stopped, without a critic": say("unfinished", "scale"),
    "a missing tensor": lambda told, tensors: tensors.pop("generator.1.0.bias"),
    "no image": lambda told, tensors: tensors.pop("image"),
    "one tensor more": put("more", torch.zeros(1)),
    "a critic that nobody needs": put("critic.0.bias", torch.zeros(4)),
    "another shape": put("generator.1.0.bias", torch.zeros(5)),
    "another type": put("generator.1.0.bias", torch.zeros(4, dtype=torch.float64)),
    "not a number": put("generator.1.0.bias", torch.full((4,), torch.nan)),
    "a negative variance": put("generator.1.1.running_var", torch.tensor([1.0, 1.0, -1.0, 1.0])),
    "infinity": put("record.0", torch.full((3, 5), torch.inf)),
    "an empty record": put("record.0", torch.zeros(0, 5)),
    "a record of other columns": put("record.0", torch.zeros(3, 4)),
    "an image that leaves its range": put("image", torch.full((16, 20, 3), 1.5)),
    "an image that is not finite": put("image", torch.full((16, 20, 3), torch.nan)),
    "an image of another type": put("image", torch.zeros((16, 20, 3), dtype=torch.float64)),
    "a flat image": put("image", torch.zeros(16, 20)),
    "an image of another size": put("image", torch.zeros(16, 21, 3)),
    "an image of more channels": put("image", torch.zeros(16, 20, 5)),
    "a tiny image": lambda told, tensors: (tensors.update(image=torch.zeros(5, 5, 3)), told.update(own_size=[5, 5])),
}


@pytest.mark.parametrize("name", BAD)
def test_whole_files_of_something_else(whole: bytes, name: str) -> None:
    assert files.unpack(crafted(whole, lambda told, tensors: None)).count == 3
    with pytest.raises(FileError) as error:
        files.unpack(crafted(whole, BAD[name]), "a.safetensors")
    text = str(error.value)
    assert text.startswith("model=a.safetensors (")
    assert "\n" not in text
    other = {"a later version": "; update Patchloom", "an unknown number": "; update Patchloom, or train again",
             "a missing number": "; update Patchloom, or train again"}
    assert text.endswith(other.get(name, "; get an undamaged copy, or train again"))


@pytest.mark.parametrize("change", [
    say("unfinished", None), say("unfinished", "scale"), lambda told, tensors: tensors.pop("adam.critic.0.step"),
    put("adam.critic.0.step", torch.zeros(1)), put("adam.generator.0.exp_avg", torch.zeros(3)),
    put("adam.critic.1.step", torch.tensor(-1.0)), put("adam.critic.1.exp_avg_sq", torch.full((4,), -1.0)),
], ids=["finished", "between scales", "no step", "a step's shape", "a moment's shape", "a step below 0",
        "a square below 0"])
def test_trainings_that_could_not_go_on(models: list[singan.Model], change: Change) -> None:
    data = files.pack(models[4])
    assert files.unpack(crafted(data, lambda told, tensors: None)).unfinished is not None
    with pytest.raises(FileError):
        files.unpack(crafted(data, change))


def test_what_is_no_model_is_not_kept(models: list[singan.Model]) -> None:
    with pytest.raises(ParameterError, match="model=int"):
        files.pack(3)                                     # type: ignore[arg-type]
    with pytest.raises(ImageError, match="no trained scale"):
        files.pack(replace(models[0], scales=()))
    scale = models[-1].scales[0]
    diverged = replace(scale, generator={**scale.generator, "0.bias": torch.full((4,), torch.nan)})
    with pytest.raises(InputError, match=r"model=generator\.0\.0\.bias is not finite"):
        files.pack(replace(models[-1], scales=(diverged, *models[-1].scales[1:])))


@pytest.mark.parametrize("numbers", [{"amplitude": 101.0}, {"amplitude": float("nan")}, {"error": float("inf")}])
def test_what_would_not_be_read_again_is_not_kept(models: list[singan.Model], numbers: dict[str, float]) -> None:
    scales = (models[-1].scales[0], replace(models[-1].scales[1], **numbers), models[-1].scales[2])
    with pytest.raises(ParameterError, match="^model=scale 1 has an amplitude of .*: a training that diverged"):
        files.pack(replace(models[-1], scales=scales))


def test_nothing_is_built_for_what_a_file_says(whole: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kind of pixels limits the channels; shapes come from networks without memory."""
    built = []

    def watching(channels: int, *more: Any, **how: Any) -> Any:
        built.append((channels, how["device"]))
        return body(channels, *more, **how)

    files._network.cache_clear()
    monkeypatch.setattr(files, "body", watching)
    with pytest.raises(FileError, match="an unknown kind of pixels"):
        files.unpack(crafted(whole, put("image", torch.zeros(16, 20, 500))))
    assert built == []
    files.unpack(whole)
    assert set(built) == {(3, "meta")}
    files._network.cache_clear()


# Files

def test_files(tmp_path: Path, models: list[singan.Model]) -> None:
    path = tmp_path / "new" / "a.safetensors"
    io.save_model(path, models[-1])
    assert flat(io.load_model(path)) == flat(models[-1])
    assert [file.name for file in path.parent.iterdir()] == ["a.safetensors"]
    before = path.read_bytes()
    with pytest.raises(FileError, match="is not overwritten"):
        io.save_model(path, models[0])
    assert path.read_bytes() == before
    io.save_model(path, models[0], force=True)
    assert flat(io.load_model(path)) == flat(models[0])
    with pytest.raises(FileError, match="suffix"):
        io.save_model(tmp_path / "a.pt", models[0])
    with pytest.raises(ParameterError):
        io.save_model(path, "model", force=True)          # type: ignore[arg-type]
    assert flat(io.load_model(path)) == flat(models[0])


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, told in ((tmp_path / "no.safetensors", "no such file"), (tmp_path, "directory")):
        with pytest.raises(FileError, match=told):
            io.load_model(path)
    large = tmp_path / "large.safetensors"
    with large.open("wb") as file:
        file.truncate((1 << 33) + 1)                      # sparse: takes no room, and is not read
    with pytest.raises(FileError, match="must have at most"):
        io.load_model(large)


def test_a_training_goes_on_from_its_file(models: list[singan.Model]) -> None:
    """From any iteration to the same weights, and so to the same file."""
    last = files.pack(models[-1])
    for at in (0, 2, 4, 7):
        kept = files.unpack(files.pack(models[at]))
        made = singan.train(make_picture(16, 20), resume=kept, **CPU)
        assert files.pack(made) == last


def test_the_image_of_a_file_is_the_training_picture(models: list[singan.Model]) -> None:
    image, _ = as_image(make_picture(16, 20))
    assert (files.unpack(files.pack(models[-1])).image == image).all()


def test_a_model_is_on_the_disk_before_it_has_its_name(
    models: list[singan.Model], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a power cut costs no checkpoint that was there before."""
    sizes: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda number: sizes.append(os.fstat(number).st_size))
    io.save_model(tmp_path / "a.safetensors", models[0])
    assert sizes[0] == (tmp_path / "a.safetensors").stat().st_size


def test_its_hash_is_of_the_bytes_that_were_read(
    models: list[singan.Model], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once: a training may replace the file meanwhile."""
    path, reads = tmp_path / "a.safetensors", []
    io.save_model(path, models[0])
    read = io.models.read_bytes
    monkeypatch.setattr(io.models, "read_bytes", lambda *given: reads.append(given) or read(*given))
    model, sha256 = io.read_model(path)
    assert len(reads) == 1
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert flat(model) == flat(io.load_model(path))
