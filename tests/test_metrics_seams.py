"""Borders that show: of a part that was made, and of a picture that goes round."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from conftest import make_picture
from patchloom import inpaint, metrics, tile
from patchloom.errors import ImageError, ParameterError
from patchloom.metrics import seams
from patchloom.metrics.elsewhere import elsewhere

SOURCE = make_picture(48, 56)
MASK = np.zeros((48, 56), bool)
MASK[14:34, 18:40] = True


def pasted(piece):
    """Return the source with another piece in the mask."""
    made = SOURCE.copy()
    made[14:34, 18:40] = piece
    return made


def test_seam_tells_fillings_apart():
    """What was there, what was inpainted, what was pasted from elsewhere, a flat colour, noise."""
    noise = np.random.default_rng(0).integers(0, 256, (20, 22, 3), np.uint8)
    fillings = {
        "original": SOURCE, "inpainted": inpaint(SOURCE, MASK, seed=1).image, "pasted": pasted(SOURCE[28:48, :22]),
        "black": pasted(0), "noise": pasted(noise),
    }
    figures = {name: metrics.seam(made, SOURCE, mask=MASK) for name, made in fillings.items()}
    assert figures["original"] < 0.01
    assert figures["original"] < figures["inpainted"] < 1
    assert 1.5 * figures["inpainted"] < figures["pasted"] < figures["black"] < figures["noise"], figures


def test_seam_sees_the_border_alone():
    """A filling that is nonsense inside has the border that it has."""
    core = SOURCE.copy()
    core[23:25, 28:30] = 255
    kept = metrics.compare(core, SOURCE, given={"mask": MASK})
    assert seams.seam_of(kept).details["inside"] > 0
    assert metrics.seam(core, SOURCE, mask=MASK) < 0.01


def test_seam_by_its_definition():
    """Patches a quarter to three quarters inside, beside the mean of what their nearest are from the other quarters."""
    made = pasted(SOURCE[28:48, :22])
    pair = metrics.compare(made, SOURCE, given={"mask": MASK})
    natural, across, there = elsewhere(pair), [], []
    for row in range(42):
        for col in range(50):
            if 49 / 4 <= MASK[row : row + 7, col : col + 7].sum() <= 49 * 3 / 4:
                across.append(pair.forward.distance[row, col])
                there.append(natural[tuple(pair.forward.index[row, col])])
    there = [value for value in there if np.isfinite(value)]
    tiny = 1 / (12 * 255**2)
    assert metrics.seam(made, SOURCE, mask=MASK) == pytest.approx(
        (np.mean(across, dtype=float) + tiny) / (np.mean(there) + tiny), rel=1e-6
    )


def test_elsewhere_by_its_definition():
    """The nearest on the other side of the middle column or row; patches on both have none."""
    source = make_picture(17, 16, 1)
    found = elsewhere(metrics.compare(source, source, patch_size=3))
    image = source[..., 0] / 255.0
    for row, col in ((0, 0), (3, 12), (14, 2), (10, 13), (6, 0), (2, 7), (7, 6)):
        best = np.inf
        for y in range(15):
            for x in range(14):
                apart = [
                    (a + 3 <= cut and b >= cut) or (b + 3 <= cut and a >= cut)
                    for a, b, cut in ((row, y, 8), (col, x, 8))
                ]
                if any(apart):
                    error = image[row : row + 3, col : col + 3] - image[y : y + 3, x : x + 3]
                    best = min(best, np.mean(error**2))
        assert found[row, col] == pytest.approx(best, rel=1e-6), (row, col)
    assert np.isinf(found[7, 7])


def test_masks_of_any_kind():
    """Arrays of truth, of bytes, and PIL images."""
    made = pasted(0)
    wanted = metrics.seam(made, SOURCE, mask=MASK)
    for mask in (MASK * np.uint8(255), Image.fromarray(MASK * np.uint8(255)), MASK[..., None] * 1.0):
        assert metrics.seam(made, SOURCE, mask=mask) == wanted


@pytest.mark.parametrize(("mask", "line"), [
    (MASK[1:], "mask=56 x 47 pixels: must be 56 x 48"), (MASK * 0.0, "mask=no border"),
    (np.ones((48, 56), bool), "mask=no border"), ("mask.png", "mask"), (MASK * 7.0, "mask=values from 0 to 7"),
])
def test_bad_masks(mask, line):
    """One line that says what is wrong with it."""
    with pytest.raises(ImageError, match=line):
        metrics.seam(SOURCE, SOURCE, mask=mask)


def test_seam_needs_a_source_with_two_patches_a_side():
    """There is no elsewhere in a smaller one."""
    small = make_picture(13, 40)
    with pytest.raises(ImageError, match="source=40 x 13 pixels: sides must hold two patches of 7"):
        metrics.seam(small, small, mask=np.arange(40) % 20 < 10 + np.zeros((13, 1)))


def test_measuring_needs_the_mask():
    """It is left out of a table without one, and asked for by name it says so."""
    assert "seam" not in metrics.measure(SOURCE, SOURCE)
    with pytest.raises(ParameterError, match="metrics='seam': needs a mask"):
        metrics.measure(SOURCE, SOURCE, ["seam"])


# Pictures that go round

def test_tile_seam_of_ramps():
    """A ramp's step is as many times its slope as it has steps; what is periodic has none too many."""
    ramp = np.tile(np.arange(0, 60, 2, dtype=np.uint8), (20, 1))
    assert metrics.tile_seam(ramp, ramp, axes="x") == pytest.approx(29, rel=1e-5)
    assert metrics.tile_seam(ramp, ramp, axes="y") == 0
    assert metrics.tile_seam(ramp, ramp) == metrics.tile_seam(ramp, ramp, axes="x")
    mirrored = np.concatenate([SOURCE, SOURCE[::-1]])
    assert metrics.tile_seam(mirrored, SOURCE, axes="y") == 0
    sharp = np.zeros((9, 9), np.uint8)
    sharp[8] = 255
    assert metrics.tile_seam(sharp, sharp, axes="y") == pytest.approx(1 / np.percentile([0] * 7 + [1], 95))


def test_tile_seam_by_its_definition():
    """Mean absolute steps, the busiest of them by the 95th percentile, the worse direction."""
    image = SOURCE / 255.0
    wanted = {}
    for name, lines in (("y", image), ("x", image.transpose(1, 0, 2))):
        inside = [np.abs(a - b).mean() for a, b in pairwise(lines)]
        wanted[name] = np.abs(lines[0] - lines[-1]).mean() / np.percentile(inside, 95)
    found = metrics.measure(SOURCE, SOURCE, ["tile_seam"])["tile_seam"]
    assert found.details == pytest.approx(wanted, rel=1e-5)
    assert found.value == max(found.details.values())


def test_tile_coherence_by_its_definition():
    """Patches over the edge of the rolled picture, beside those elsewhere that are not as they were."""
    made = SOURCE.copy()
    made[:9, 20:30] = SOURCE[20:29, 5:15]
    rolled = metrics.compare(np.roll(made, 24, 0), SOURCE).forward.distance[18:24]
    inside = metrics.compare(made, SOURCE).forward.distance
    differs = np.zeros(inside.shape, bool)
    for row in range(42):
        for col in range(50):
            part = np.s_[row : row + 7, col : col + 7]
            differs[row, col] = (made[part] != SOURCE[part]).any()
    tiny = 1 / (12 * 255**2)
    found = metrics.tile_coherence(made, SOURCE, axes="y")
    assert found == pytest.approx((rolled.mean() + tiny) / (inside[differs].mean() + tiny), rel=1e-5)


def test_tiles_do_better_than_their_source():
    """What `tile` makes has edges that meet, of both kinds."""
    made = tile(SOURCE, seed=1).image
    before, after = (metrics.measure(picture, SOURCE, ["tile_seam", "tile_coherence"]) for picture in (SOURCE, made))
    assert after["tile_seam"].value < 1.2 < before["tile_seam"].value
    assert after["tile_coherence"].value < 5 < before["tile_coherence"].value
    assert set(after["tile_coherence"].details) == {"x", "y", "inside", "method"}


def test_up_to_1_edges_meet():
    """A piece of a pattern that goes round is as coherent over its edges as elsewhere, and softer edges more so."""
    rng = np.random.default_rng(5)
    endless = np.tile(make_picture(24, 24), (3, 3, 1))
    noisy = np.clip(endless[:48, :48] + rng.integers(-9, 10, (48, 48, 3)), 0, 255).astype(np.uint8)
    soft, cut = noisy.copy(), noisy[:37, :41]
    for part in np.s_[:6], np.s_[-6:], np.s_[:, :6], np.s_[:, -6:]:
        soft[part] = endless[:48, :48][part]
    figures = [metrics.tile_coherence(made, endless) for made in (soft, noisy, cut)]
    assert figures[0] < 0.5 < 0.9 < figures[1] < 1.1 < 5 < figures[2]
    assert next(metric.better for metric in metrics.METRICS if metric.name == "tile_coherence") == "lower"


def test_one_direction_counts_alone():
    """A panorama is not asked about its sky and ground."""
    round_x = np.concatenate([SOURCE, SOURCE[:, ::-1]], axis=1)
    both = metrics.measure(round_x, SOURCE, ["tile_seam", "tile_coherence"])
    for name, found in both.items():
        assert found.details["x"] < found.details["y"] == found.value
        assert getattr(metrics, name)(round_x, SOURCE, axes="x") == found.details["x"]


@pytest.mark.parametrize("name", ["tile_seam", "tile_coherence"])
@pytest.mark.parametrize("axes", ["", "z", "yx", None, 3])
def test_bad_axes(name, axes):
    """One line that says what is allowed."""
    with pytest.raises(ParameterError, match="axes=.*: must be xy, x or y"):
        getattr(metrics, name)(SOURCE, SOURCE, axes=axes)


def test_one_line_again_and_again():
    """Nothing to compare the step with, unless there is no step."""
    flat = np.full((9, 9, 3), 7, np.uint8)
    assert metrics.tile_seam(flat, flat) == 0
    edge = np.zeros((60, 9), np.uint8)
    edge[59] = 255
    with pytest.raises(ImageError, match="generated=one line again and again"):
        metrics.tile_seam(edge, edge)
