"""Fixtures: small pictures that are the same everywhere, and hypothesis's settings."""

import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# No deadline: a test's time depends on the machine. On CI the examples are the same at every run.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


try:                                                      # so that tiny pictures meet several threads too
    from patchloom.kernels import native
except ImportError:
    pass
else:
    native._THREAD_WORK = 1.0


def _uniform(rows, cols, channels, seed):
    """Uniform numbers on [0, 1) from integer arithmetic alone."""
    state = np.arange(rows * cols * channels, dtype=np.uint64) + np.uint64(1 + (seed << 32))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 0x9E3779B97F4A7C15)):
        state = (state ^ (state >> np.uint64(shift))) * np.uint64(factor)
    return ((state >> np.uint64(40)) / np.float64(1 << 24)).reshape(rows, cols, channels)


def _enlarge(grid, rows, cols):
    """Bilinear, corner to corner."""
    for axis, size in ((0, rows), (1, cols)):
        place = np.arange(size) * (grid.shape[axis] - 1) / max(size - 1, 1)
        low = np.minimum(place.astype(int), grid.shape[axis] - 2)
        share = (place - low).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        grid = grid.take(low, axis) * (1 - share) + grid.take(low + 1, axis) * share
    return grid


def make_picture(rows=48, cols=64, channels=3, seed=0):
    """Smooth colour noise of four scales, a little like a photograph: uint8 (rows, cols, channels)."""
    total = np.zeros((rows, cols, channels))
    for octave, weight in enumerate((0.55, 0.25, 0.13, 0.07)):
        step = 16 >> octave
        grid = _uniform(rows // step + 2, cols // step + 2, channels, 4 * seed + octave)
        grey = grid.mean(axis=2, keepdims=True)           # colours vary less than light does
        total += weight * _enlarge(0.4 * grid + 0.6 * grey, rows, cols)
    low, high = total.min(), total.max()
    return np.floor((total - low) / (high - low) * 255 + 0.5).astype(np.uint8)


@pytest.fixture
def peak_memory():
    """Return a function that calls another, and returns what that does and the most bytes that it held."""
    def measured(function):
        tracemalloc.start()
        try:
            return function(), tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    return measured


@pytest.fixture(name="make_picture", scope="session")
def make_picture_fixture():
    """Return the function that makes pictures: ``make_picture(rows, cols, channels, seed)``."""
    return make_picture


@pytest.fixture
def pixels():
    """Return a colour picture as files have it: uint8 (48, 64, 3)."""
    return make_picture()


@pytest.fixture
def picture():
    """Return the same as an `Image`: float32 (48, 64, 3) on [0, 1]."""
    return make_picture().astype(np.float32) / np.float32(255)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PATCHLOOM_THREADS", raising=False)
    return tmp_path


@pytest.fixture
def photo(folder, make_picture):
    """Return the path of a small colour picture, ``photo.png``."""
    from PIL import Image

    Image.fromarray(make_picture(32, 40)).save(folder / "photo.png")
    return folder / "photo.png"


def pytest_addoption(parser):
    """Add the options that write committed pictures anew; CONTRIBUTING says when."""
    parser.addoption("--update-goldens", action="store_true", help="write the pictures in tests/golden anew")
    parser.addoption("--update-screenshots", action="store_true", help="write docs/figures/studio anew")


@pytest.fixture
def golden(request, tmp_path):
    """Return ``check(name, pixels)``: uint8 pixels (H, W) or (H, W, C) equal tests/golden/NAME.png to the byte."""
    from PIL import Image

    def check(name, pixels):
        path = Path(__file__).parent / "golden" / f"{name}.png"
        if request.config.getoption("--update-goldens"):
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(pixels).save(path)
        assert path.exists(), f"no golden {path.name}: write it with pytest --update-goldens {request.node.nodeid}"
        with Image.open(path) as stored:
            wanted = np.asarray(stored)
        if wanted.shape == pixels.shape and (wanted == pixels).all():
            return
        shown = [pixels]
        if wanted.shape == pixels.shape:                  # grey where nothing changed
            change = pixels.astype(int) - wanted
            shown = [wanted, pixels, np.clip(128 + 4 * change, 0, 255).astype(np.uint8)]
        Image.fromarray(np.concatenate(shown, axis=1)).save(tmp_path / path.name)
        pytest.fail(
            f"{path.name} has changed; golden, result and difference are side by side in {tmp_path / path.name}. If it "
            f"was meant to: pytest --update-goldens {request.node.nodeid} (see CONTRIBUTING)"
        )

    return check
