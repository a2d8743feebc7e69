"""Whatever a user may pass -> canonical values, and back."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as pil

from patchloom import ImageError, ParameterError
from patchloom.checks import (
    as_image,
    as_mapping,
    as_memory,
    as_real,
    as_seed,
    as_size,
    as_threads,
    as_whole,
    from_image,
)

RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, (9, 11, 4), np.uint8)


def opaque(array: np.ndarray) -> np.ndarray:
    """Alpha of at least one, as colours under alpha 0 cannot come back."""
    array = array.copy()
    array[..., -1] |= 128
    return array


ARRAYS: dict[str, np.ndarray] = {
    "grey": BYTES[..., 0],
    "grey with axis": BYTES[..., :1],
    "grey and alpha": opaque(BYTES[..., :2]),
    "rgb": BYTES[..., :3],
    "rgba": opaque(BYTES),
    "bool": BYTES[..., 0] > 100,
    "uint16": RNG.integers(0, 65536, (9, 11, 3), np.uint16),
    "five channels": RNG.integers(0, 256, (9, 11, 5), np.uint8),
    "float32": RNG.random((9, 11, 3)).astype(np.float32),
    "float64": RNG.random((9, 11)),
    "float of any range": (RNG.random((9, 11, 3)) * 900 - 300).astype(np.float32),
    "float16": RNG.random((9, 11, 3)).astype(np.float16),
    "constant": np.full((9, 11, 3), 5.0, np.float32),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_come_back(name: str) -> None:
    array = ARRAYS[name]
    image, kind = as_image(array)
    assert image.dtype == np.float32
    assert image.flags.c_contiguous
    assert image.ndim == 3
    assert image.min() >= 0
    assert image.max() <= 1
    back = from_image(image, kind)
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    if array.dtype.kind == "f":
        np.testing.assert_allclose(back, array, rtol=0, atol=np.ptp(array) * 1e-6 + 1e-6)
    else:
        np.testing.assert_array_equal(back, array)


def pil_images() -> dict[str, Any]:
    palette = pil.fromarray(BYTES[..., :3]).quantize(16)
    clear = palette.copy()
    clear.info["transparency"] = 3
    return {
        "1": pil.fromarray(BYTES[..., 0]).convert("1"),
        "L": pil.fromarray(BYTES[..., 0]),
        "LA": pil.fromarray(opaque(BYTES[..., :2])),
        "P": palette,
        "P with transparency": clear,
        "RGB": pil.fromarray(BYTES[..., :3]),
        "RGBA": pil.fromarray(opaque(BYTES)),
        "CMYK": pil.frombytes("CMYK", (11, 9), BYTES.tobytes()),
        "I;16": pil.fromarray(RNG.integers(0, 65536, (9, 11), np.uint16)),
        "F": pil.fromarray((RNG.random((9, 11)) * 7 - 3).astype(np.float32)),
    }


@pytest.mark.parametrize("name", pil_images())
def test_pil_images_come_back(name: str) -> None:
    picture = pil_images()[name]
    image, kind = as_image(picture)
    back = from_image(image, kind)
    assert isinstance(back, pil.Image)
    assert back.mode == picture.mode
    assert back.size == picture.size
    if name == "F":
        np.testing.assert_allclose(np.asarray(back), np.asarray(picture), atol=1e-5)
    elif name.startswith("P"):
        mode = "RGBA" if "transparency" in name else "RGB"
        ours, theirs = (np.asarray(p.convert(mode)).astype(int) for p in (back, picture))
        if mode == "RGBA":
            ours[ours[..., 3] == 0], theirs[theirs[..., 3] == 0] = 0, 0
        np.testing.assert_array_equal(ours, theirs)
    else:
        np.testing.assert_array_equal(np.asarray(back), np.asarray(picture))


def test_alpha_is_premultiplied_inside() -> None:
    pixels = np.array([[[200, 100, 50, 128], [255, 255, 255, 0]]], np.uint8)
    image, kind = as_image(pixels)
    np.testing.assert_allclose(image[0, 0], np.array([200, 100, 50, 255]) / 255 * 128 / 255, atol=1e-6)
    assert (image[0, 1] == 0).all()
    assert from_image(image, kind).tolist() == [[[200, 100, 50, 128], [0, 0, 0, 0]]]


def test_values_outside_are_clipped_on_the_way_out_of_integers() -> None:
    _, kind = as_image(np.zeros((3, 3), np.uint8))
    assert from_image(np.array([[[-0.2], [1.7], [0.5]]], np.float32), kind).tolist() == [[0, 255, 128]]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("picture.png", "source=str of <U11: must be bool, uint8, uint16 or float pixels; .*patchloom.io.read"),
        (np.zeros((4, 4), np.int32), "int32: must be bool, uint8, uint16 or float"),
        (np.zeros((4, 4), complex), "complex128: must be bool"),
        (np.zeros(4, np.uint8), r"source.shape=\(4,\): must be \(H, W\) or"),
        (np.zeros((4, 4, 33), np.uint8), r"source.shape=\(4, 4, 33\): must be .*1 to 32"),
        (np.zeros((0, 4, 3), np.uint8), "source=0 x 4 x 3: sides must be 1 to"),
        (np.full((4, 4, 3), np.nan, np.float32), "source=48 values that are NaN or infinite: must be finite; replace"),
        (np.full((4, 4, 3), np.inf), "must be finite"),
        (np.full((4, 4, 4), 7.0), "with alpha: must be within"),
        (None, "source=NoneType of object"),
    ],
)
def test_what_is_no_picture_is_refused(value: Any, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        as_image(value)


def test_pil_modes_that_have_no_rule_are_refused() -> None:
    with pytest.raises(ImageError, match="PIL mode HSV: must be 1, L, LA, P, RGB, RGBA, CMYK, I;16 or F; convert it"):
        as_image(pil.new("HSV", (4, 4)))


@given(rows=st.integers(1, 32768), cols=st.integers(1, 32768))
def test_sizes(rows: int, cols: int) -> None:
    assert as_size((rows, cols)) == (rows, cols)
    assert as_size([np.int64(rows), cols]) == (rows, cols)


@pytest.mark.parametrize("value", [None, 5, (1, 2, 3), (1.5, 2), "3x3", (0, 5), (5, 40000), (-1, 5)])
def test_bad_sizes(value: Any) -> None:
    with pytest.raises(ParameterError, match="^size="):
        as_size(value)


def test_seeds() -> None:
    assert as_seed(0) == 0
    assert as_seed(np.uint64(2**64 - 1)) == 2**64 - 1
    assert as_seed(None) != as_seed(None)
    for bad in (-1, 2**64, 1.0, "7", True):
        with pytest.raises(ParameterError, match="^seed=.*0 to 2"):
            as_seed(bad)


def test_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PATCHLOOM_THREADS", raising=False)
    cores = as_threads(0)
    assert cores >= 1
    assert as_threads(3) == 3
    monkeypatch.setenv("PATCHLOOM_THREADS", "5")
    assert as_threads(0) == 5
    assert as_threads(2) == 2
    monkeypatch.setenv("PATCHLOOM_THREADS", "")
    assert as_threads(0) == cores
    for bad in ("many", "-1", "1.5"):
        monkeypatch.setenv("PATCHLOOM_THREADS", bad)
        with pytest.raises(ParameterError, match=f"PATCHLOOM_THREADS='{bad}': must be a whole number"):
            as_threads(0)
    for wrong in (-1, 1.0, True, "2", 5000):
        with pytest.raises(ParameterError, match="^threads="):
            as_threads(wrong)


def test_memory() -> None:
    assert as_memory(None) is None
    assert [as_memory(v) for v in (5, "500MB", "2GiB", "1.5 kb", "7b")] == [5, 500_000_000, 2**31, 1500, 7]
    for bad in (0, -5, "lots", "5TBs", True, "nan"):
        with pytest.raises(ParameterError, match="^memory=.*; try 500MB or 2GiB"):
            as_memory(bad)


@pytest.mark.parametrize("value", [3, 3.0, np.int64(3), np.uint8(3), np.float32(3), np.array(3)])
def test_whole_numbers(value: Any) -> None:
    """Of any type, floats without a fraction too."""
    whole = as_whole(value, "feather", 0, 256)
    assert whole == 3
    assert type(whole) is int


@pytest.mark.parametrize(
    "value",
    [None, float("nan"), float("inf"), -float("inf"), [3], "3", b"3", True, np.True_, 2.5, -1, 257, 1e300, 3j, {},
     np.array([3]), np.zeros((40, 2))],
)
def test_what_is_no_whole_number_in_range(value: Any) -> None:
    """One line, whatever it is."""
    with pytest.raises(ParameterError, match="^feather=.*: must be a whole number of pixels, 0 to 256$") as caught:
        as_whole(value, "feather", 0, 256, "pixels")
    assert "\n" not in str(caught.value)


def test_mappings() -> None:
    """A dict, anything like it, or nothing; all else is refused in one line."""
    assert as_mapping(None, "maps", "names to pictures") == {}
    assert as_mapping(MappingProxyType({"a": 1}), "maps", "names to pictures") == {"a": 1}
    for value in (3, 0, [], [1], "a", np.zeros((2, 2))):
        with pytest.raises(ParameterError, match="^maps=[a-z]+: must be a mapping of names to pictures$"):
            as_mapping(value, "maps", "names to pictures")


@pytest.mark.parametrize("value", [True, "0.5", None, [1], float("nan"), float("inf"), -0.1, 1.1, 10**400, 1j])
def test_numbers_out_of_their_range_are_one_line(value):
    with pytest.raises(ParameterError, match="^strength=.*: must be a number, 0 to 1$"):
        as_real(value, "strength", 0, 1)


def test_numbers_within_their_range():
    assert [as_real(value, "keep", 0, 1) for value in (0, 1, 0.5, np.float32(0.25))] == [0, 1, 0.5, 0.25]
