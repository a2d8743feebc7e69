"""The sliced Wasserstein distance of patches: its definition, its directions, pictures of two sizes, large pictures."""

import numpy as np
import pytest

from conftest import make_picture
from patchloom import metrics
from patchloom.errors import ImageError, ParameterError
from patchloom.metrics import sliced


def rows_of(picture, patch):
    """Return every patch as a row, one after the other."""
    image = picture.reshape(*picture.shape[:2], -1) / 255.0
    rows, cols = image.shape[0] - patch + 1, image.shape[1] - patch + 1
    return np.array([image[r : r + patch, c : c + patch].ravel() for r in range(rows) for c in range(cols)])


def area(a, b):
    """Return the area between two empirical distribution functions: the other way to write the distance."""
    places = np.sort(np.concatenate([a, b]))
    shares = [np.searchsorted(np.sort(x), places[:-1], side="right") / len(x) for x in (a, b)]
    return float((np.abs(shares[0] - shares[1]) * np.diff(places)).sum())


@pytest.mark.parametrize("size", [(12, 13), (9, 20), (15, 7)])
def test_against_the_definition(size):
    """The mean over directions of the area between distribution functions, for equal and for other sizes."""
    made, source = make_picture(*size, 3, 1), make_picture(12, 13, 3, 2)
    slices = sliced.directions(5 * 5 * 3, 40)
    wanted = [area(rows_of(made, 5) @ line, rows_of(source, 5) @ line) for line in slices.astype(np.float64)]
    found = sliced.patch_swd_of(metrics.compare(made, source, patch_size=5), 40)
    assert found.value == pytest.approx(np.mean(wanted), rel=1e-4)
    assert found.details["standard_error"] == pytest.approx(np.std(wanted, ddof=1) / np.sqrt(40), rel=1e-4)


def test_against_torch():
    """Within the sampling error of both sets of directions."""
    torch = pytest.importorskip("torch", reason="not on this machine: torch")
    made, source = make_picture(30, 40, 3, 1), make_picture(30, 40, 3, 2)
    drawn = torch.randn(256, 147, generator=torch.Generator().manual_seed(1))
    drawn /= drawn.norm(dim=1, keepdim=True)
    parts = [torch.nn.functional.unfold(torch.from_numpy(p / np.float32(255)).permute(2, 0, 1)[None], 7)[0]
             for p in (made, source)]
    ordered = [torch.sort(drawn @ part, 1).values for part in parts]
    found = sliced.patch_swd_of(metrics.compare(made, source))
    error = found.details["standard_error"] * 2**0.5
    assert abs(found.value - float((ordered[0] - ordered[1]).abs().mean())) < 4 * error


def test_directions():
    """Unit vectors, all different, and the same everywhere: their bytes are those of the engine's noise."""
    lines = sliced.directions(147, 256)
    assert np.allclose((lines.astype(float) ** 2).sum(axis=1), 1, atol=1e-6)
    assert np.abs(lines @ lines.T - np.eye(256)).max() < 0.5
    assert lines[0, :3] == pytest.approx([0.053013, -0.084994, -0.055354], abs=1e-6)


def test_an_offset_of_all_values():
    """Brighter by a tenth of the range moves each sorted number by a tenth of its direction's sum."""
    source = np.clip(make_picture(20, 20, 1) / np.float32(255), 0, 0.5)
    wanted = np.abs(sliced.directions(49, 256).sum(axis=1)).mean() / 10
    assert metrics.patch_swd(source + np.float32(0.1), source) == pytest.approx(wanted, rel=1e-5)


def test_the_order_of_patches_does_not_count():
    """Twice the picture has the same patches as the picture, apart from the border between."""
    tile = np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)
    wide, tall = np.tile(tile, (1, 3, 1)), np.tile(tile, (3, 1, 1))
    round_both = np.tile(tile, (2, 2, 1))[:15, :15]       # each patch of the endless pattern once
    assert metrics.patch_swd(np.tile(tile, (3, 3, 1))[:24, :24], round_both) < 1e-6
    assert metrics.patch_swd(wide, tall) > 1e-3


def test_large_pictures_are_drawn_from(monkeypatch, peak_memory):
    """What is drawn stands for the whole within a few per cent; copies are still copies, and memory is bounded."""
    made, source = make_picture(90, 110, 3, 1), make_picture(100, 100, 3, 2)
    pair = metrics.compare(made, source)
    whole = sliced.patch_swd_of(pair)
    monkeypatch.setattr(sliced, "MOST_PATCHES", 2048)
    part = sliced.patch_swd_of(pair)
    assert part.details["patches"] == [2048, 2048]
    assert whole.details["patches"] == [84 * 104, 94 * 94]
    assert part.value == pytest.approx(whole.value, rel=0.03)
    assert sliced.patch_swd_of(metrics.compare(source, source.copy())).value == 0
    larger = metrics.compare(make_picture(360, 440, 3, 1), make_picture(400, 400, 3, 2))
    peaks = [peak_memory(lambda each=each: sliced.patch_swd_of(each))[1] for each in (pair, larger)]
    assert peaks[1] < 1.1 * peaks[0]


def test_drawn_patches_lie_evenly():
    """Every sixteenth of a picture has its share, rows and columns are inside, few are drawn twice."""
    row, col = sliced._drawn(0, 4096, (300, 500))
    assert row.min() >= 0 <= col.min() and row.max() < 300 and col.max() < 500
    counts = np.histogram2d(row, col, (4, 4), ((0, 300), (0, 500)))[0]
    assert np.abs(counts - 256).max() <= 8
    assert len({*zip(row.tolist(), col.tolist(), strict=True)}) > 4050


@pytest.mark.parametrize("number", [1, 0, -3, 1.5, "many", 1 << 17, True])
def test_bad_projections(number):
    """One line that says what is allowed."""
    with pytest.raises(ParameterError, match="projections=.*: must be a whole number, 2 to 65536"):
        metrics.patch_swd(make_picture(8, 8), make_picture(8, 8), projections=number)


def test_too_small():
    """No patch, no figure."""
    with pytest.raises(ImageError, match="sides must hold a patch of 7"):
        metrics.patch_swd(make_picture(6, 8), make_picture(8, 8))
