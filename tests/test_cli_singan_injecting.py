"""``patchloom singan paint``, ``harmonise`` and ``edit``."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as pil

torch = pytest.importorskip("torch", reason="not on this machine: torch")

from command_line import names, refused, run, save  # noqa: E402
from conftest import make_picture  # noqa: E402
from patchloom import io, singan  # noqa: E402
from patchloom.params.singan_tasks import COLOURS, MOST_DILATION  # noqa: E402
from patchloom.regions import MOST_FEATHER  # noqa: E402
from patchloom.singan import quantise  # noqa: E402

TINY = singan.SinGANParams(min_size=12, iterations=2, channels=4, ratio=0.6)
CPU = ("--device", "cpu", "--threads", "1")
ON_CPU: dict[str, Any] = {"device": "cpu", "threads": 1}


@pytest.fixture(scope="module")
def trained() -> singan.Model:
    return singan.train(make_picture(24, 32), params=TINY, seed=1, **ON_CPU)


@pytest.fixture
def model(folder: Path, trained: singan.Model) -> Path:
    io.save_model(folder / "photo.safetensors", trained)
    return folder / "photo.safetensors"


@pytest.fixture
def crude(folder: Path) -> Path:
    picture = make_picture(24, 32)
    picture[8:14, 10:18] = picture[8:14, 18:26][::-1]
    return save(folder / "crude.png", picture)


@pytest.fixture
def mask(folder: Path) -> Path:
    marked = np.zeros((24, 32), np.uint8)
    marked[8:14, 10:18] = 255
    return save(folder / "mask.png", marked)


def pixels(path: Path) -> Any:
    return np.asarray(pil.open(path))


def test_paint(folder: Path, model: Path, trained: singan.Model) -> None:
    sketch = save(folder / "sketch.png", make_picture(20, 20, 3, 4))
    run("singan", "paint", model, sketch, "--seed", 5, "--count", 2, "--start-scale", 1, *CPU)
    assert {"sketch_paint_5.png", "sketch_paint_6.png"} <= set(names(folder))
    told = singan.paint(trained, make_picture(20, 20, 3, 4), start_scale=1, seed=6, **ON_CPU).image
    np.testing.assert_array_equal(pixels(folder / "sketch_paint_6.png"), told)
    run("singan", "paint", model, sketch, "--seed", 5, "--size", "200%", "--out", folder / "large.png", *CPU)
    assert pixels(folder / "large.png").shape == (48, 64, 3)


def test_paint_learns_once(
    folder: Path, model: Path, trained: singan.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For all paintings and seeds of a command line."""
    calls = []

    def counted(*args: Any, **options: Any) -> Any:
        calls.append(options)
        return quantise.quantised(*args, **options)

    monkeypatch.setattr(singan, "quantised", counted)
    for place in (1, 2):
        save(folder / "in" / f"{place}.png", make_picture(20, 20, 3, place))
    run("singan", "paint", model, folder / "in", "--quantise", "--colours", 3, "--iterations", 1, "--count", 2,
        "--seed", 1, "--out", folder / "out", *CPU)
    assert len(calls) == 1
    assert names(folder / "out") == ["1_paint_1.png", "1_paint_2.png", "2_paint_1.png", "2_paint_2.png"]
    told = singan.paint(trained, make_picture(20, 20, 3, 2), quantise=True, colours=3, iterations=1, seed=2, **ON_CPU)
    np.testing.assert_array_equal(pixels(folder / "out" / "2_paint_2.png"), told.image)


def test_harmonise(folder: Path, model: Path, crude: Path, mask: Path, trained: singan.Model) -> None:
    run("singan", "harmonise", model, crude, "--mask", mask, "--dilate", 1, "--feather", 2, "--seed", 3, *CPU)
    told = singan.harmonise(trained, pixels(crude), pixels(mask), dilate=1, feather=2, seed=3, **ON_CPU).image
    made = pixels(folder / "crude_harmonise_3.png")
    np.testing.assert_array_equal(made, told)
    np.testing.assert_array_equal(made[:, 22:], pixels(crude)[:, 22:])


def test_deep_composites_stay_deep(folder: Path, model: Path, mask: Path) -> None:
    deep = make_picture(24, 32).astype(np.uint16) * 257 + 3
    (folder / "deep.png").write_bytes(io.encode(deep, ".png"))
    run("singan", "harmonise", model, folder / "deep.png", "--mask", mask, "--dilate", 1, "--feather", 1, "--seed", 3,
        *CPU)
    made = np.asarray(io.read(folder / "deep_harmonise_3.png").pixels)
    assert made.dtype == np.uint16
    np.testing.assert_array_equal(made[:, 22:], deep[:, 22:])
    assert (made[8:14, 10:18] != deep[8:14, 10:18]).any()


def test_edit_with_a_mask_and_without(
    folder: Path, model: Path, crude: Path, mask: Path, trained: singan.Model
) -> None:
    run("singan", "edit", model, crude, "--dilate", 2, "--feather", 1, "--seed", 3, *CPU)
    run("singan", "edit", model, crude, "--mask", mask, "--seed", 3, "--out", folder / "masked.png", *CPU)
    told = singan.edit(trained, pixels(crude), dilate=2, feather=1, seed=3, **ON_CPU).image
    np.testing.assert_array_equal(pixels(folder / "crude_edit_3.png"), told)
    told = singan.edit(trained, pixels(crude), pixels(mask), seed=3, **ON_CPU).image
    np.testing.assert_array_equal(pixels(folder / "masked.png"), told)


def test_a_picture_of_any_size(folder: Path, model: Path) -> None:
    """What is told of the result is its own size."""
    marked = np.zeros((30, 50), np.uint8)
    marked[4:12, 30:40] = 255
    wide = save(folder / "wide.png", make_picture(30, 50, 3, 2))
    done = run("singan", "harmonise", model, wide, "--mask", save(folder / "wide_mask.png", marked), "--json",
               "--seed", 1, *CPU)
    told = json.loads(done.stdout)["outputs"][0]
    assert (told["width"], told["height"]) == (50, 30)
    assert pixels(folder / "wide_harmonise_1.png").shape == (30, 50, 3)


def test_options_default_to_what_the_functions_do() -> None:
    for command, function in (("harmonise", singan.harmonise), ("edit", singan.edit)):
        text = " ".join(run("singan", command, "--help").stdout.split())
        signature = inspect.signature(function).parameters
        for name, most in (("dilate", MOST_DILATION), ("feather", MOST_FEATHER)):
            assert f"[default: {signature[name].default}; 0 to {most}]" in text
    assert f"[default: {COLOURS.usual}; {COLOURS.low} to {COLOURS.high}]" in " ".join(
        run("singan", "paint", "--help").stdout.split())


@pytest.mark.parametrize(("arguments", "message"), [
    (["harmonise", "MODEL", "small.png", "--mask", "mask.png"], "mask=32 x 24 pixels: must be 20 x 20"),
    (["harmonise", "MODEL", "crude.png", "--mask", "black.png"], "mask=0 % of the picture: must cover a part"),
    (["harmonise", "MODEL", "crude.png", "--mask", "mask.png", "--start-scale", "9"],
     "start_scale=9: must be a whole number, 1 to "),
    (["edit", "MODEL", "small.png"], "mask=None: edited is 20 x 20 pixels and the model's picture 32 x 24"),
    (["edit", "MODEL", "same.png"], "edited=the same pixels as the model's picture"),
    (["paint", "MODEL", "grey.png"], "painting=grey: the model's picture has colours"),
    (["paint", "MODEL", "small.png", "--colours", "4"], "colours=4: is of the training for quantise"),
    (["paint", "MODEL", "small.png", "--iterations", "4"], "iterations=4: is of the training for quantise"),
    (["paint", "MODEL", "small.png", "--quantise", "--start-scale", "9"], "start_scale=9: must be a whole number"),
])
def test_what_cannot_be_done(
    folder: Path, model: Path, crude: Path, mask: Path, arguments: list[str], message: str
) -> None:
    save(folder / "black.png", np.zeros((24, 32), np.uint8))
    save(folder / "same.png", make_picture(24, 32))
    save(folder / "small.png", make_picture(20, 20, 3, 4))
    save(folder / "grey.png", make_picture(20, 20, 1)[..., 0])
    given = [model if word == "MODEL" else word for word in arguments]     # the folder is the current one
    refused(folder, "singan", *given, *CPU, message=f"{arguments[2]}: {message}")


def test_a_mask_is_asked_for(folder: Path, model: Path, crude: Path) -> None:
    before = names(folder)
    done = run("singan", "harmonise", model, crude, *CPU, code=2)
    assert "--mask" in done.stderr
    assert names(folder) == before
