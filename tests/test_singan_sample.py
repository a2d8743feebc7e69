"""Samples: what they are of, their sizes and kinds, and where torch computes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not on this machine: torch")

from patchloom import ImageError, ParameterError, singan  # noqa: E402
from patchloom.device import choosing  # noqa: E402
from patchloom.singan.devices import as_device, as_precision, computing, exact, repeatable  # noqa: E402
from patchloom.singan.train import begin_model  # noqa: E402

CPU = torch.device("cpu")
TINY = singan.SinGANParams(min_size=11, iterations=2, channels=4, critic_steps=1, generator_steps=1)
ONE = replace(TINY, iterations=1, scales=1)


@pytest.fixture(scope="module")
def model(make_picture: Any) -> Any:
    """Three scales of a picture of 14 x 16, trained for so long that their running statistics are about right."""
    params = replace(TINY, iterations=15, generator_steps=2)
    return singan.train(make_picture(14, 16), params=params, seed=4, device="cpu", threads=1)


def sampled(model: Any, **more: Any) -> Any:
    return singan.sample(model, **{"seed": 1, "device": "cpu", "threads": 1, **more}).image


# Samples

def test_a_seed_decides_a_sample(model: Any) -> None:
    one = singan.sample(model, seed=3, device="cpu", threads=1)
    assert (one.seed, one.frames) == (3, ())
    assert (one.image.shape, one.image.dtype) == ((14, 16, 3), np.uint8)
    assert (one.image == sampled(model, seed=3)).all()
    assert (one.image != sampled(model, seed=4)).mean() > 0.9
    fresh = singan.sample(model, device="cpu", threads=1)
    assert (fresh.image == sampled(model, seed=fresh.seed)).all()


def test_a_seed_of_the_training_is_no_reconstruction(model: Any) -> None:
    assert (sampled(model, seed=4) != singan.reconstruction(model, device="cpu", threads=1)).mean() > 0.9


@pytest.mark.parametrize("size", [(11, 11), (14, 16), (15, 31), (40, 12)])
@pytest.mark.parametrize("start", [0, 1, 2])
def test_any_size_from_any_scale(model: Any, size: tuple[int, int], start: int) -> None:
    assert sampled(model, size=size, start_scale=start).shape == (*size, 3)


def test_the_later_noise_enters_the_nearer_is_the_picture(model: Any) -> None:
    made = singan.reconstruction(model, device="cpu", threads=1).astype(float)
    away = [np.abs(sampled(model, start_scale=start).astype(float) - made).mean() for start in range(3)]
    assert away == sorted(away, reverse=True)
    assert 0 < away[2] < away[0]


def test_without_noise_a_late_start_is_the_reconstruction(model: Any) -> None:
    """A sample's own path: the same scales, the same enlarging."""
    silent = replace(model, scales=(model.scales[0], *(replace(scale, amplitude=0.0) for scale in model.scales[1:])))
    made = singan.reconstruction(silent, device="cpu", threads=1)
    assert (sampled(silent, start_scale=1) == made).all()
    assert (sampled(silent, start_scale=0) != made).any()


def test_a_model_in_training_has_samples_of_its_last_scale(make_picture: Any) -> None:
    for step in singan.steps(make_picture(14, 16), params=TINY, seed=4, device="cpu", threads=1):
        if not step.last:
            assert sampled(step.model).shape == (*step.model.sizes[step.scale], 3)
            assert sampled(step.model, size=(14, 16)).shape == (14, 16, 3)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": (10, 30)}, "size=10 rows x 30 columns: sides must be 11 to 32768 pixels; "),
        ({"size": 30}, "size=30: must be two whole numbers (rows, columns)"),
        ({"start_scale": 3}, "start_scale=3: must be a whole number, 0 to 2"),
        ({"start_scale": -1}, "start_scale=-1: must be a whole number, 0 to 2"),
        ({"seed": "one"}, "seed='one': must be a whole number, 0 to 2**64 - 1"),
        ({"device": "gpu"}, "device='gpu': must be auto, cpu, cuda, cuda:NUMBER or mps"),
        ({"threads": 1.5}, "threads=1.5: must be a whole number, 0 (all cores) to 1024"),
    ],
)
def test_bad_input_is_one_clear_line(model: Any, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        sampled(model, **given)
    assert str(caught.value).startswith(message)


def test_only_a_model_with_a_scale_has_samples(make_picture: Any) -> None:
    with pytest.raises(ParameterError, match=r"^model=str: must be a model of patchloom\.singan; "):
        sampled("model.safetensors")
    begun = begin_model(make_picture(14, 16), params=TINY, seed=4, device="cpu")
    with pytest.raises(ImageError, match="^model=no trained scale: must have at least one; "):
        sampled(begun)


# Kinds of pictures

@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((12, 13), "bool"), ((12, 13), "uint8"), ((12, 13, 1), "uint16"), ((12, 13, 2), "uint8"), ((12, 13, 3), "uint16"),
     ((12, 13, 4), "uint8"), ((12, 13, 4), "float32"), ((12, 13, 3), "float64"), ((12, 13, 32), "float32")],
)
def test_an_arrays_samples_are_such_arrays(shape: tuple[int, ...], dtype: str, make_picture: Any) -> None:
    values = make_picture(12, 13, shape[2] if len(shape) > 2 else 1).reshape(shape) / 255.0
    most = {"bool": 1, "uint8": 255, "uint16": 65535}.get(dtype, 1 if shape[-1] == 4 else 7)
    source = np.floor(most * values + 0.5).astype(dtype) if dtype[0] in "bu" else (most * values).astype(dtype)
    made = singan.train(source, params=ONE, seed=1, device="cpu", threads=1)
    for picture in (sampled(made), singan.reconstruction(made, device="cpu", threads=1)):
        assert (picture.shape, picture.dtype) == (shape, np.dtype(dtype))
        if source.dtype.kind == "f":                      # back in its own range
            assert picture.min() >= source.min() - 1e-5
            assert picture.max() <= source.max() + 1e-5


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
def test_a_pillow_pictures_samples_are_such_pictures(mode: str, make_picture: Any) -> None:
    pil = pytest.importorskip("PIL.Image")
    colour = pil.fromarray(make_picture(12, 13))
    if mode == "I;16":
        source = pil.fromarray(make_picture(12, 13, 1)[..., 0].astype("<u2") * 257)
    elif mode == "P":
        source = colour.quantize(5)
    else:
        source = colour.convert("L").convert(mode) if mode in ("LA", "F") else colour.convert(mode)
    made = singan.train(source, params=ONE, seed=1, device="cpu", threads=1)
    picture = sampled(made, size=(11, 15))
    assert (picture.mode, picture.size) == (source.mode, (15, 11))
    if mode == "P":
        assert picture.getpalette()[:15] == source.getpalette()[:15]


def test_one_channel_models_are_of_one_channel(make_picture: Any) -> None:
    made = singan.train(make_picture(12, 13, 1)[..., 0], params=ONE, seed=1, device="cpu", threads=1)
    assert made.channels == 1
    assert made.scales[0].generator["0.weight"].shape == (4, 1, 3, 3)
    assert made.scales[0].generator["12.weight"].shape == (1, 4, 3, 3)


# Devices

def test_a_device_is_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "_fault", lambda *_: None)
    for cuda, mps, wanted in ((True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda cuda=cuda: cuda)
        monkeypatch.setattr(torch.cuda, "device_count", lambda cuda=cuda: 2 * cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda mps=mps: mps)
        assert as_device("auto").type == wanted
        assert as_device(torch.device("cpu")) == CPU
        if cuda:
            assert as_device("cuda:1") == torch.device("cuda", 1)
        for name in (("cuda:2",) if cuda else ("cuda", "cuda:0")) + (() if mps else ("mps",)):
            with pytest.raises(ParameterError, match=f"^device='{name}': torch .* try auto or cpu$"):
                as_device(name)


@pytest.mark.parametrize(
    "name", ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:99", "cuda:256", "cuda:99999999999", "CPU", None, 0, "meta",
             "cpu:\n0", "cuda:1:2"],
)
def test_a_bad_device_is_one_clear_line(name: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ParameterError) as caught:
        as_device(name)
    assert str(caught.value).startswith(f"device={name!r}: ")
    assert "\n" not in str(caught.value)


def test_precision_is_what_was_asked_or_what_the_device_has(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [as_precision(asked, CPU) for asked in ("float32", "bfloat16")] == ["float32", "bfloat16"]
    for has in (True, False):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda has=has: has, raising=False)
        assert as_precision("auto", CPU) == ("bfloat16" if has else "float32")
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device, has=has: (8, 0) if has else (7, 5))
        assert as_precision("auto", torch.device("cuda")) == ("bfloat16" if has else "float32")
        if has:
            assert as_precision("bfloat16", torch.device("cuda")) == "bfloat16"
        else:
            with pytest.raises(ParameterError, match="^precision=bfloat16: the device cuda does not compute in it"):
                as_precision("bfloat16", torch.device("cuda"))
    assert [as_precision(asked, torch.device("mps")) for asked in ("auto", "float32")] == ["float32", "float32"]
    with pytest.raises(ParameterError, match="^precision=bfloat16: the device mps does not compute in it; try float32"):
        as_precision("bfloat16", torch.device("mps"))
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported")
    assert as_precision("auto", CPU) == "float32"


def test_a_models_precision_is_that_of_its_training(make_picture: Any) -> None:
    for asked in ("float32", "bfloat16"):
        made = singan.train(make_picture(12, 13), params=replace(ONE, precision=asked), seed=1, device="cpu", threads=1)
        assert made.precision == asked
        assert all(value.dtype == torch.float32 for value in made.scales[0].generator.values())


def test_contexts_of_computing() -> None:
    layer, picture = torch.nn.Conv2d(1, 1, 3), torch.rand(1, 1, 5, 5)
    found = {}
    for precision in ("float32", "bfloat16"):
        with computing(CPU, precision):
            found[precision] = layer(picture).dtype
            with exact(CPU):
                assert layer(picture).dtype == torch.float32
            assert layer(picture).dtype == found[precision]
    assert found == {"float32": torch.float32, "bfloat16": torch.bfloat16}
    assert layer(picture).dtype == torch.float32


def test_float32_is_float32_within_and_all_is_given_back() -> None:
    """However the caller let torch compute it in something shorter: by the older switches, or the newer ones."""
    backends = torch.backends

    def state() -> list[Any]:
        if not newer:
            return [backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()]
        parts = backends.cudnn.conv, backends.cuda.matmul, backends.mkldnn.conv, backends.mkldnn.matmul
        return [part.fp32_precision for part in parts]

    newer = hasattr(backends.cudnn, "conv")
    try:
        for products in ("highest", "high", "medium"):
            for shorter in (True, False):
                backends.cudnn.allow_tf32 = shorter
                torch.set_float32_matmul_precision(products)
                before = state()
                with repeatable(CPU, 1):
                    assert (backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()) == (False, "highest")
                assert state() == before
                assert (backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()) == (shorter, products)
        if newer:
            torch.set_float32_matmul_precision("highest")
            for part in (backends.cudnn.conv, backends.mkldnn.matmul, backends.mkldnn.conv):
                part.fp32_precision = "tf32"
            before = state()
            with repeatable(CPU, 1):
                assert not {"tf32", "bf16"} & set(state())
            assert state() == before
    finally:
        if newer:
            backends.mkldnn.conv.fp32_precision = "none"
        backends.cudnn.allow_tf32 = True
        torch.set_float32_matmul_precision("highest")


def test_threads_are_set_within_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), repeatable(CPU, 3):
        assert torch.get_num_threads() == 3
        assert (torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark) == (True, False)
        _ = 1 // 0
    assert torch.get_num_threads() == before
    with torch.no_grad(), repeatable(CPU, 1):
        assert torch.is_grad_enabled()
    monkeypatch.setenv("PATCHLOOM_THREADS", "2")
    with repeatable(CPU, 0):
        assert torch.get_num_threads() == 2


# The extra

def in_a_new_interpreter(code: str) -> Any:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONWARNINGS": "error"})
    return json.loads(done.stdout)


def test_singan_is_there_at_its_first_use() -> None:
    code = ("import json, sys, patchloom; before = 'torch' in sys.modules; made = patchloom.singan.SinGANParams();"
            "print(json.dumps([before, 'torch' in sys.modules, made.min_size, 'singan' in vars(patchloom)]))")
    assert in_a_new_interpreter(code) == [False, True, singan.SinGANParams().min_size, True]


@pytest.mark.parametrize("missing", ["torch", "safetensors"])
def test_without_the_extra_it_says_what_to_install(missing: str) -> None:
    code = (f"import json, sys; sys.modules['{missing}'] = None\n"
            "import patchloom, patchloom.params\n"
            "found = []\n"
            "for way in ('import patchloom.singan', 'patchloom.singan', 'from patchloom.singan import train'):\n"
            "    try:\n"
            "        exec(way)\n"
            "    except patchloom.MissingExtraError as error:\n"
            "        found.append(str(error))\n"
            "print(json.dumps(found))")
    found = in_a_new_interpreter(code)
    assert len(found) == 3
    assert set(found) == {
        f'singan needs {missing}, which is not installed; pip install "patchloom[torch]"; where a CPU is all there is, '
        "first pip install torch --index-url https://download.pytorch.org/whl/cpu"
    }
