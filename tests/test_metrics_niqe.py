"""NIQE: the distribution of local contrasts, the model that it is compared with, and what is refused."""

import math
import os

import numpy as np
import pytest

from patchloom import io, metrics
from patchloom.errors import FileError, ImageError, MissingExtraError, ParameterError
from patchloom.metrics import NiqeModel, fit_niqe, niqe
from patchloom.metrics.naturalness import WINDOW, blocks_of, fit_asymmetric, grey_levels, half
from patchloom.metrics.niqe import ENOUGH_BLOCKS, niqe_of
from patchloom.pixels import as_image

BLOCK = 32


def grained(picture, seed, deviation=6.0):
    """A picture with some grain, so that nothing in it is flat."""
    noise = np.random.default_rng(seed).normal(0, deviation, picture.shape[:2])
    return np.clip(picture + noise.reshape(*noise.shape, *[1] * (picture.ndim - 2)), 0, 255).astype(np.uint8)


def blurred(picture):
    """Means of 3 x 3 pixels."""
    padded = np.pad(picture.astype(float), ((1, 1), (1, 1), (0, 0)), "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (0, 1))
    return np.rint(windows.mean(axis=(3, 4))).astype(np.uint8)


@pytest.fixture(scope="module", name="pictures")
def pictures_fixture(make_picture):
    """Seventeen pictures of sixteen blocks."""
    return [grained(make_picture(4 * BLOCK, 4 * BLOCK, 3, seed), seed) for seed in range(17)]


@pytest.fixture(scope="module", name="model")
def model_fixture(pictures):
    """What is fitted to all but four of them."""
    return fit_niqe([*pictures[:8], *pictures[12:]], block=BLOCK, sharpness=0.5, origin="tests")


# An independent slow reference: the paper's formulas, one window, one block and one shape at a time.

def slow_contrasts(picture):
    """(I - mean) / (deviation + 1) under the 7 x 7 Gaussian, borders replicated."""
    rows, cols = picture.shape
    weight = np.array([[math.exp(-(y * y + x * x) / (2 * (7 / 6) ** 2)) for x in range(-3, 4)] for y in range(-3, 4)])
    weight /= weight.sum()
    padded = np.pad(picture, 3, "edge")
    result = np.empty((rows, cols))
    for row in range(rows):
        for col in range(cols):
            window = padded[row : row + 7, col : col + 7]
            mean = (weight * window).sum()
            deviation = math.sqrt((weight * (window - mean) ** 2).sum())
            result[row, col] = (picture[row, col] - mean) / (deviation + 1)
    return result


def slow_half(picture):
    """Half the size by Keys' cubic (a = -1/2), twice as wide, borders mirrored."""
    def cubic(x):
        x = abs(x)
        if x <= 1:
            return 1.5 * x**3 - 2.5 * x**2 + 1
        return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0

    def shrink(line):
        result = []
        for place in range(len(line) // 2):
            centre, total, weights = 2 * place + 0.5, 0.0, 0.0
            for at in range(2 * place - 4, 2 * place + 6):
                weight = cubic((at - centre) / 2)
                mirrored = -1 - at if at < 0 else 2 * len(line) - 1 - at if at >= len(line) else at
                total, weights = total + weight * line[mirrored], weights + weight
            result.append(total / weights)
        return result

    columns = np.array([shrink(line) for line in picture.T.tolist()]).T
    return np.array([shrink(line) for line in columns.tolist()])


def slow_fit(values):
    """Shape, left and right scale of an asymmetric generalised Gaussian, by trying all shapes."""
    values = values.ravel()
    left = math.sqrt(np.mean(values[values < 0] ** 2))
    right = math.sqrt(np.mean(values[values > 0] ** 2))
    skew = left / right
    ratio = np.mean(np.abs(values)) ** 2 / np.mean(values**2) * (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    shapes = np.arange(200, 10001) / 1000
    gamma = math.gamma
    ratios = np.array([gamma(2 / a) ** 2 / gamma(1 / a) / gamma(3 / a) if a > 0.2 else 0 for a in shapes])
    shape = float(shapes[np.argmin((ratios - ratio) ** 2)])
    scale = math.sqrt(gamma(1 / shape) / gamma(3 / shape))
    return shape, left * scale, right * scale


def slow_features(picture, block):
    """(blocks, 36)."""
    rows, cols = (side // block for side in picture.shape)
    picture = picture[: rows * block, : cols * block].astype(float)
    found = [[] for _ in range(rows * cols)]
    for side, values in ((block, picture), (block // 2, slow_half(picture))):
        contrasts = slow_contrasts(values)
        for at, features in enumerate(found):
            row, col = at // cols * side, at % cols * side
            own = contrasts[row : row + side, col : col + side]
            shape, left, right = slow_fit(own)
            features += [shape, (left + right) / 2]
            for y, x in ((0, 1), (1, 0), (1, 1), (1, -1)):
                beside = own[(np.arange(side) - y) % side][:, (np.arange(side) - x) % side]
                shape, left, right = slow_fit(own * beside)
                features += [shape, (right - left) * math.gamma(2 / shape) / math.gamma(1 / shape), left, right]
    return np.array(found)


def test_features_are_the_papers(make_picture):
    """Two whole blocks of a picture that has more: the reference's features."""
    picture = grained(make_picture(40, 70, 1, 3)[..., 0], 3)
    expected, found = slow_features(picture, 32), blocks_of(picture, 32)
    assert found.features.shape == (2, 36)
    np.testing.assert_allclose(found.features, expected, rtol=1e-9, atol=1e-9)


def test_score_is_the_papers(model, make_picture):
    """The distance of two Gaussians, with the covariance of the blocks that there are."""
    picture = grained(make_picture(2 * BLOCK + 5, BLOCK + 9, 1, 4), 4)
    features = slow_features(picture[..., 0], BLOCK)
    away = model.mean - features.mean(axis=0)
    covariance = (model.covariance + np.cov(features, rowvar=False)) / 2
    expected = math.sqrt(away @ np.linalg.inv(covariance) @ away)
    assert niqe(picture, parameters=model) == pytest.approx(expected, rel=1e-6)


def test_half_scale_is_the_cubic():
    """Whole numbers over 2^16, equal to the cubic's formula on borders and overshoots too."""
    grey = np.random.default_rng(0).integers(0, 2, (12, 18)).astype(np.uint8) * 255
    np.testing.assert_allclose(half(grey) / 65536, slow_half(grey.astype(float)), atol=1e-9)
    assert half(np.full((8, 8), 200, np.uint8)).tolist() == [[200 << 16] * 4] * 4


def test_window_is_the_gaussian():
    """The weights that are written out are those of sigma 7/6."""
    bell = [math.exp(-(offset**2) / (2 * (7 / 6) ** 2)) for offset in range(-3, 4)]
    np.testing.assert_allclose(WINDOW, np.array(bell) / sum(bell), rtol=1e-14)


@pytest.mark.parametrize("shape", [0.6, 1.0, 2.0, 4.0])
def test_fit_recovers_a_distribution(shape):
    """Samples of a generalised Gaussian with a left scale of 1 and a right one of 2."""
    rng = np.random.default_rng(7)
    magnitude = rng.gamma(1 / shape, size=(3, 300_000)) ** (1 / shape)
    values = np.where(rng.random(magnitude.shape) < 1 / 3, -magnitude, 2 * magnitude)
    found, left, right, spread = fit_asymmetric(values)
    np.testing.assert_allclose(found, shape, rtol=0.03)
    np.testing.assert_allclose(left, 1, rtol=0.05)
    np.testing.assert_allclose(right, 2, rtol=0.05)
    np.testing.assert_allclose((right - left) * spread, values.mean(axis=1), rtol=0.03)


def test_fit_of_one_side_is_nan():
    """Where no value, or none of one sign, is there; the neighbours are fitted all the same."""
    values = np.array([[0.0, 0, 0, 0], [1, 2, 3, 0], [-1, -2, 1, 2]])
    assert [np.isnan(part).tolist() for part in fit_asymmetric(values)] == [[True, True, False]] * 4


# Pictures

def test_grey_is_matlabs():
    """Weighted sums rounded half up; 16 bits and floats are rounded to 8 first."""
    colours = np.random.default_rng(1).integers(0, 256, (20, 20, 3), np.uint8)
    weights = np.linalg.inv([[1, 0.956, 0.621], [1, -0.272, -0.647], [1, -1.106, 1.703]])[0]
    expected = np.floor(colours @ weights + 0.5)
    for same in (colours, colours.astype(np.uint16) * 257, colours / np.float32(255), colours / 255):
        assert np.array_equal(grey_levels(as_image(same)[0]), expected)


def test_sixteen_bits_and_pil_score_the_same(pictures, model):
    """Whatever the picture comes as, and each time to the last bit."""
    from PIL import Image

    score = niqe(pictures[9], parameters=model)
    for same in (pictures[9].copy(), Image.fromarray(pictures[9]), pictures[9].astype(np.uint16) * 257):
        assert niqe(same, parameters=model) == score


def test_grey_scores_as_equal_channels(pictures, model):
    """One channel is what three equal ones are."""
    grey = pictures[9][..., 1]
    scores = [niqe(same, parameters=model) for same in (grey, grey[..., None], np.repeat(grey[..., None], 3, axis=2))]
    assert len(set(scores)) == 1


@pytest.mark.parametrize("at", [8, 9, 10, 11])
def test_noise_and_blur_raise_the_score(pictures, model, at):
    """Of pictures that the model has not seen."""
    picture = pictures[at]
    score = niqe(picture, parameters=model)
    for worse in (grained(picture, 99, 30.0), blurred(picture)):
        assert niqe(worse, parameters=model) > 1.5 * score


@pytest.mark.parametrize("turned", [np.fliplr, np.flipud, lambda picture: picture.swapaxes(0, 1)])
def test_mirrors_barely_change_the_score(pictures, model, turned):
    """No direction is better than another, up to the model's own."""
    score = niqe(pictures[9], parameters=model)
    assert niqe(turned(pictures[9]), parameters=model) == pytest.approx(score, rel=0.15)


def test_what_no_block_holds_is_not_read(pictures, model):
    """The picture is cropped to whole blocks before anything is computed."""
    picture = pictures[9][: 2 * BLOCK, : 3 * BLOCK]
    larger = np.pad(picture, ((0, BLOCK - 1), (0, BLOCK - 1), (0, 0)), constant_values=255)
    assert niqe(larger, parameters=model) == niqe(picture, parameters=model)


def test_source_is_not_read(pictures, model):
    """NIQE judges a picture by itself."""
    assert niqe(pictures[9], "no picture", parameters=model) == niqe(pictures[9], parameters=model)


def test_flat_pixels_are_counted():
    """A pixel is flat if its whole window is; one level of difference in a corner is enough to see it."""
    grey = np.full((BLOCK, 2 * BLOCK), 113, np.uint8)
    grey[20, BLOCK + 20] += 1
    assert blocks_of(grey, BLOCK).flat.tolist() == [1.0, 1 - 49 / BLOCK**2]


def test_flat_blocks_leave_the_others(pictures, model):
    """Blocks without contrasts say nothing, and break nothing."""
    picture = pictures[9].copy()
    picture[:BLOCK] = 0
    found = blocks_of(grey_levels(as_image(picture)[0]), BLOCK)
    assert found.features.shape == (16, 36)
    assert np.isfinite(found.features[8:]).all()
    assert math.isfinite(niqe(picture, parameters=model))


@pytest.mark.parametrize("picture, message", [
    (np.zeros((BLOCK, BLOCK - 1), np.uint8), f"generated={BLOCK - 1} x {BLOCK} pixels: NIQE needs a whole block"),
    (np.zeros((BLOCK, BLOCK), np.uint8), "generated=100.0 % flat pixels: NIQE needs contrasts of both signs"),
    (np.zeros((BLOCK, BLOCK, 4), np.uint8), r"generated channels=4: NIQE takes grey \(1\) or RGB \(3\)"),
    (np.zeros((BLOCK, BLOCK, 2), np.uint8), "generated channels=2"),
    (np.linspace(-1, 1, BLOCK**2).reshape(BLOCK, BLOCK), "generated=values from -1 to 1"),
    ("picture", "generated="),
])
def test_refused_pictures(model, picture, message):
    """One line that says what is wrong."""
    with pytest.raises(ImageError, match=message) as caught:
        niqe(picture, parameters=model)
    assert "\n" not in str(caught.value)


def test_parameters_must_be_a_model(pictures):
    """A path is no model."""
    with pytest.raises(ParameterError, match="parameters=str: must be a NiqeModel; read one with"):
        niqe(pictures[0], parameters="pristine.npz")


# Measured beside the source

def test_measured_with_its_blocks_and_source(pictures, model):
    """How many blocks there were, under which model, and the source's own score."""
    found = metrics.measure(pictures[9], pictures[10], ["niqe"], given={"niqe": model}, threads=1)["niqe"]
    assert found.value == niqe(pictures[9], parameters=model)
    assert found.details == {
        "blocks": 16, "block_size": BLOCK, "flat": 0.0, "parameters": model.digest, "fitted_on": 208,
        "source_blocks": 16,
        "source": niqe(pictures[10], parameters=model),
    }
    assert found.note == ""


def test_few_blocks_and_flat_pixels_are_noted(pictures, model):
    """So that nobody ranks pictures by what is chance."""
    small = pictures[9][: 2 * BLOCK, : 2 * BLOCK].copy()
    small[:BLOCK, :BLOCK] = 255
    given = {"niqe": model}
    found = niqe_of(metrics.compare(small, pictures[10][: BLOCK - 2], given=given, threads=1))
    few, flat, source = found.note.split("; ", 2)
    assert few.startswith(f"4 blocks: below {ENOUGH_BLOCKS} the score moves by more than half a point")
    assert flat.startswith("20.5 % of the pixels are flat")
    assert source.startswith(f"the source has no score (source={4 * BLOCK} x {BLOCK - 2} pixels")
    enough = niqe_of(metrics.compare(pictures[9], pictures[10], given=given, threads=1))
    assert (enough.details["blocks"], enough.note) == (ENOUGH_BLOCKS, "")


def test_uneven_numbers_of_blocks_are_noted(pictures, model):
    """A larger picture has a lower score for that alone."""
    wide = np.concatenate([pictures[9], pictures[8]], axis=1)
    for one, other, note in ((wide, pictures[10], "the source has 16 blocks: scores fall with their number"),
                             (pictures[10], wide, "the source has 32 blocks: scores fall with their number"),
                             (pictures[10], pictures[10], "")):
        assert niqe_of(metrics.compare(one, other, given={"niqe": model}, threads=1)).note == note


def test_models_of_few_blocks_are_noted(pictures, model):
    """And those of which the file does not say it are not."""
    for blocks, note in ((0, ""), (199, "the model was fitted on 199 blocks: of fewer than 200"), (200, "")):
        other = NiqeModel(model.mean, model.covariance, BLOCK, blocks)
        found = niqe_of(metrics.compare(pictures[9], pictures[10], given={"niqe": other}, threads=1))
        assert found.note.startswith(note) and bool(found.note) == bool(note)
        assert found.details["fitted_on"] == (blocks or None)


def test_pictures_too_small_are_nan(pictures, model):
    """`measure` goes on with the other metrics."""
    small = pictures[9][:20, :20]
    found = metrics.measure(small, small, ["niqe"], given={"niqe": model}, threads=1)["niqe"]
    assert math.isnan(found.value) and found.note.startswith("generated=20 x 20 pixels")


# The model

def test_fit_is_that_of_the_sharp_blocks(pictures):
    """Blocks at or below the share of the sharpest are left out, picture by picture."""
    pictures = [picture.copy() for picture in pictures]
    pictures[0][:BLOCK] = blurred(blurred(pictures[0][:BLOCK]))
    rows = []
    for picture in pictures:
        found = blocks_of(grey_levels(as_image(picture)[0]), BLOCK)
        rows += [row for row, sharp in zip(found.features, found.sharpness, strict=True)
                 if sharp > 0.75 * max(found.sharpness)]
    model = fit_niqe(iter(pictures), block=BLOCK)
    assert 37 <= model.blocks == len(rows) < 17 * 16
    np.testing.assert_allclose(model.mean, np.mean(rows, axis=0), rtol=1e-12)
    np.testing.assert_allclose(model.covariance, np.cov(rows, rowvar=False), rtol=1e-9, atol=1e-12)


def test_one_sharp_place_does_not_decide_for_a_large_picture(pictures):
    """Regions of 5 x 5 blocks stand for pictures of their own: in the plain one nothing is lost to the busy one."""
    busy, plain = (np.tile(pictures[at], (2, 2, 1))[: 5 * BLOCK, : 5 * BLOCK].astype(float) for at in (0, 1))
    plain = (128 + (plain - 128) / 8).round()
    between = np.full_like(plain, 128)                    # or the step from one to the other would be what is sharp
    more = pictures[2:6]
    rest = fit_niqe(more, block=BLOCK).blocks
    alone = [fit_niqe([picture.astype(np.uint8), *more], block=BLOCK).blocks - rest for picture in (busy, plain)]
    whole = np.concatenate([busy, between, plain], axis=1).astype(np.uint8)
    assert min(alone) > 10
    assert fit_niqe([whole, *more], block=BLOCK).blocks - rest >= sum(alone) - 3


def test_fit_takes_one_picture_at_a_time(pictures):
    """A folder of many need not fit in memory: each is dropped before the next is asked for."""
    import weakref

    alive = []

    def one_by_one():
        for picture in pictures:
            assert [reference for reference in alive[:-1] if reference() is not None] == []
            copy = picture.copy()
            alive.append(weakref.ref(copy))
            yield copy
            del copy

    assert fit_niqe(one_by_one(), block=BLOCK).blocks > 36 and len(alive) == len(pictures)


@pytest.mark.parametrize("options, error, message", [
    ({}, ImageError, "pictures=16 sharp blocks of 32 pixels in 1: a covariance of 36 features needs 37 or more"),
    ({"block": 47}, ParameterError, "block=47: must be even; try 46 or 48"),
    ({"block": 8}, ParameterError, "block=8: must be a whole number of pixels, 16 to 1024"),
    ({"sharpness": 1}, ParameterError, "sharpness=1: must be below 1"),
    ({"sharpness": -0.1}, ParameterError, "sharpness=-0.1: must be a number, 0 to 1"),
])
def test_refused_fits(pictures, options, error, message):
    """Too few blocks, and numbers out of range."""
    with pytest.raises(error, match=message):
        fit_niqe(pictures[:1], **{"block": BLOCK, "sharpness": 0.1, **options})


def test_fit_names_the_picture_that_is_none(pictures):
    """Counted from one."""
    with pytest.raises(ImageError, match="picture 2 channels=4"):
        fit_niqe([pictures[0], np.zeros((60, 60, 4), np.uint8)], block=BLOCK)
    with pytest.raises(ImageError, match="pictures=0 sharp blocks of 32 pixels in 2"):
        fit_niqe([np.zeros((60, 60), np.uint8), np.zeros((4, 4), np.uint8)], block=BLOCK)


def test_save_and_load(tmp_path, model, pictures):
    """The same numbers, the same bytes each time, and the names that other programs read."""
    path = tmp_path / "pristine.npz"
    io.save_niqe(path, model)
    first = path.read_bytes()
    io.save_niqe(path, model, force=True)
    assert path.read_bytes() == first
    again = io.load_niqe(path)
    assert (again.blocks, again.block_size, again.origin) == (model.blocks, BLOCK, "tests")
    assert again.digest == model.digest
    assert niqe(pictures[9], parameters=again) == niqe(pictures[9], parameters=model)
    with np.load(path, allow_pickle=False) as file:
        assert np.array_equal(file["mu_pris_param"], model.mean)
        assert np.array_equal(file["cov_pris_param"], model.covariance)
    with pytest.raises(FileError, match="exists"):
        io.save_niqe(path, model)
    with pytest.raises(FileError, match="output suffix='.mat'"):
        io.save_niqe(tmp_path / "pristine.mat", model)


def test_load_what_others_wrote(tmp_path, model):
    """A row instead of a vector, other arrays beside it, and no block size."""
    path = tmp_path / "other.npz"
    np.savez(path, mu_pris_param=model.mean[None], cov_pris_param=model.covariance, gaussian_window=np.eye(7))
    found = io.load_niqe(path)
    assert np.array_equal(found.mean, model.mean) and np.array_equal(found.covariance, model.covariance)
    assert (found.block_size, found.blocks, found.origin) == (96, 0, "other.npz")


@pytest.mark.parametrize("compressed", [False, True])
def test_load_the_authors_format(tmp_path, model, compressed):
    """MATLAB's variables, and what may lie beside them."""
    matlab = pytest.importorskip("scipy.io", reason="not on this machine: scipy")
    path = tmp_path / "modelparameters.mat"
    variables = {"mu_prisparam": model.mean[None], "cov_prisparam": model.covariance, "note": "x", "big": np.eye(99)}
    matlab.savemat(path, variables, do_compression=compressed)
    found = io.load_niqe(path)
    assert np.array_equal(found.mean, model.mean) and np.array_equal(found.covariance, model.covariance)
    assert found.block_size == 96


@pytest.mark.parametrize("variables, message", [
    ({"mu_prisparam": np.zeros((1, 36))}, "no cov_prisparam but mu_prisparam"),
    ({"mu_prisparam": np.zeros((1, 36)), "cov_prisparam": np.eye(40)}, r"cov_prisparam of shape \(40, 40\)"),
    ({"mu_prisparam": np.zeros((1, 36)), "cov_prisparam": "text"}, "must be real numbers"),
    ({"mu_prisparam": np.zeros((1, 36)), "cov_prisparam": {"a": 1}}, "must be real numbers"),
])
def test_refused_mat(tmp_path, variables, message):
    """Other variables, and others of these names."""
    matlab = pytest.importorskip("scipy.io", reason="not on this machine: scipy")
    path = tmp_path / "other.mat"
    matlab.savemat(path, variables)
    with pytest.raises(FileError, match=message):
        io.load_niqe(path)


def test_damaged_mat(tmp_path, model):
    """Whatever byte is lost, or if it is another format by that name, one line says so."""
    matlab = pytest.importorskip("scipy.io", reason="not on this machine: scipy")
    path = tmp_path / "model.mat"
    matlab.savemat(path, {"mu_prisparam": model.mean[None], "cov_prisparam": model.covariance})
    whole = path.read_bytes()
    for damaged in (whole[:200], whole[:-900], whole[:128] + b"\xff" * 400, b"not MATLAB at all", b""):
        path.write_bytes(damaged)
        with pytest.raises(FileError, match="must hold mu_pris_param and cov_pris_param") as caught:
            io.load_niqe(path)
        assert "\n" not in str(caught.value)
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\0" * 512)
    with pytest.raises(FileError, match="MATLAB 7.3.*save it with -v7"):
        io.load_niqe(path)


def test_mat_without_scipy(tmp_path, monkeypatch):
    """The extra that reads it is named."""
    import builtins

    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.partition(".")[0] == "scipy":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    path = tmp_path / "model.mat"
    path.write_bytes(b"MATLAB 5.0 MAT-file")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r'needs SciPy; pip install "patchloom\[mat\]"'):
        io.load_niqe(path)


def changed(array, at, value):
    """A copy with one value changed."""
    copy = np.array(array, float)
    copy[at] = value
    return copy


@pytest.mark.parametrize("arrays, message", [
    ({"mu_pris_param": np.zeros(35)}, r"mean.shape=\(35,\): must be \(36,\)"),
    ({"mu_pris_param": np.zeros((6, 6))}, r"mean.shape=\(6, 6\)"),
    ({"cov_pris_param": np.eye(18)}, r"covariance.shape=\(18, 18\)"),
    ({"mu_pris_param": changed(np.zeros(36), 3, np.nan)}, "mean=1 values that are NaN or infinite"),
    ({"cov_pris_param": changed(np.eye(36), (0, 0), np.inf)}, "covariance=1 values that are NaN or infinite"),
    ({"cov_pris_param": changed(np.eye(36), (0, 5), 0.5)}, "covariance=0.5 off its transpose: must be symmetric"),
    ({"cov_pris_param": changed(np.eye(36), (2, 2), -1)}, "a variance of -1: no variance may be below 0"),
    ({"mu_pris_param": np.zeros(36, complex)}, "mean=complex128 values: must be real numbers"),
    ({"block_size": np.array(95)}, "block=95: must be even"),
    ({"block_size": np.array([96, 96])}, "block="),
    ({"blocks": np.array(-1)}, "blocks=-1"),
    ({"mu_pris_param": np.array([{}] * 36)}, "must hold"),
])
def test_refused_models(tmp_path, arrays, message):
    """Wrong shapes, numbers that are none, and covariances that cannot be."""
    path = tmp_path / "wrong.npz"
    np.savez(path, **{"mu_pris_param": np.zeros(36), "cov_pris_param": np.eye(36), **arrays})
    with pytest.raises(FileError, match=message) as caught:
        io.load_niqe(path)
    assert "\n" not in str(caught.value)


def test_refused_files(tmp_path, model):
    """Not there, a folder, no archive, half of one, other arrays, too large."""
    path = tmp_path / "file.npz"
    for place, message in ((path, "no such file"), (tmp_path, "is a directory")):
        with pytest.raises(FileError, match=message):
            io.load_niqe(place)
    with pytest.raises(FileError, match="niqe="):
        io.load_niqe("nul\0l.npz")
    os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(FileError, match="no regular file"):
        io.load_niqe(tmp_path / "pipe.npz")               # without waiting for its other end
    with pytest.raises(ParameterError, match="niqe=NoneType: must be the path of a file"):
        io.load_niqe(None)
    io.save_niqe(path, model)
    whole = path.read_bytes()
    np.savez(path, mean=model.mean)
    other = path.read_bytes()
    contents = ((whole[:999], "must hold"), (b"text", "neither .npz nor .mat"), (other, "no mu_pris_param but mean"),
                (whole + b"\0" * (1 << 20), "bytes"))
    for content, message in contents:
        path.write_bytes(content)
        with pytest.raises(FileError, match=message):
            io.load_niqe(path)
    np.savez_compressed(path, mu_pris_param=np.zeros(1 << 18), cov_pris_param=np.eye(36))
    with pytest.raises(FileError, match="bytes when unpacked"):
        io.load_niqe(path)


def test_model_keeps_its_own_numbers():
    """Changing the arrays that were passed changes nothing, and its own cannot be changed."""
    mean, covariance = np.zeros(36), np.eye(36)
    model = NiqeModel(mean, covariance)
    digest = model.digest
    mean += 1
    covariance *= 2
    assert model.digest == digest and model.mean.sum() == 0
    with pytest.raises(ValueError, match="read-only"):
        model.mean[0] = 1
