"""Coherence, completeness and their mean: against torch, for several patch sizes, and on bad pictures."""

import numpy as np
import pytest
from PIL import Image

from conftest import make_picture
from patchloom import metrics
from patchloom.errors import ImageError, ParameterError

BOTH = ("coherence", "completeness", "bidirectional")


def test_against_torch():
    """The mean of the smallest entries of the matrix of all distances, in float64."""
    torch = pytest.importorskip("torch", reason="not on this machine: torch")
    made, source = make_picture(20, 24, 3, 1), make_picture(22, 18, 3, 2)
    rows = [torch.nn.functional.unfold(torch.from_numpy(p / 255.0).permute(2, 0, 1)[None], 7)[0].T
            for p in (made, source)]
    square = torch.cdist(*rows, compute_mode="donot_use_mm_for_euclid_dist") ** 2 / 147
    ways = float(square.amin(1).mean()), float(square.amin(0).mean())
    assert [getattr(metrics, name)(made, source) for name in BOTH] == pytest.approx([*ways, sum(ways) / 2], rel=1e-6)


def test_several_sizes():
    """The mean of the figures of each, which stand in the details."""
    made, source = make_picture(20, 24, 3, 1), make_picture(22, 18, 3, 2)
    each = {str(size): metrics.bidirectional(made, source, patch_size=size) for size in (3, 7, 15)}
    found = metrics.measure(made, source, ["bidirectional_multiscale"])["bidirectional_multiscale"]
    assert found.value == pytest.approx(np.mean(list(each.values())), rel=1e-12)
    assert found.details["patch_sizes"] == pytest.approx(each, rel=1e-12)
    assert metrics.bidirectional_multiscale(made, source, patch_sizes=[7]) == pytest.approx(each["7"], rel=1e-12)


def test_sizes_that_do_not_fit():
    """An error of the function, a note of a table."""
    small = make_picture(12, 40)
    with pytest.raises(ImageError, match="source=40 x 12 pixels: sides must hold a patch of 15; pass a larger p"):
        metrics.bidirectional_multiscale(make_picture(20, 20), small)
    found = metrics.measure(small, small, ["coherence", "bidirectional_multiscale"])
    assert found["coherence"].value == 0
    assert np.isnan(found["bidirectional_multiscale"].value)
    assert "patch of 15" in found["bidirectional_multiscale"].note


@pytest.mark.parametrize(("sizes", "line"), [
    ((), "must name at least one"), (7, r"patch_sizes=7: must be several sizes; try \(3, 7, 15\)"),
    ((3, 8), "patch_size=8: must be odd"), ((33,), "patch_size=33"),
])
def test_bad_sizes(sizes, line):
    """One line that says what is allowed."""
    with pytest.raises(ParameterError, match=line):
        metrics.bidirectional_multiscale(make_picture(8, 8), make_picture(8, 8), patch_sizes=sizes)


@pytest.mark.parametrize("name", [*BOTH, "nnfdist", "nnfdiv", "rigid_share", "top_offsets"])
@pytest.mark.parametrize(("made", "line"), [
    (make_picture(8, 8, 1), "channels=1 of generated and 3 of source: must be the same"),
    (make_picture(8, 6), "generated=6 x 8 pixels: sides must hold a patch of 7"),
    (make_picture(8, 8) * 1.0, "generated=values from .* to 255: floats must be within"),
    (np.full((8, 8, 3), np.nan), "generated=192 values that are NaN"),
    ("picture.png", "generated"), (np.zeros((8, 8, 3), np.int64), "generated=ndarray of int64"),
])
def test_bad_pictures(name, made, line):
    """One line that says what is wrong with which."""
    with pytest.raises(ImageError, match=line):
        getattr(metrics, name)(made, make_picture(8, 8))


@pytest.mark.parametrize("name", BOTH)
def test_depths_are_one_range(name):
    """Sixteen bits, floats and PIL images are the pictures that they show; alpha counts as a channel does."""
    made, source = make_picture(10, 12, 3, 1), make_picture(12, 10, 3, 2)
    function = getattr(metrics, name)
    wanted = function(made, source)
    assert function(Image.fromarray(made), Image.fromarray(source)) == wanted
    assert function(made.astype(np.uint16) * 257, source) == pytest.approx(wanted, rel=2e-3)
    assert function(made / np.float32(255), source / np.float64(255)) == pytest.approx(wanted, rel=2e-3)
    opaque, clear = (np.dstack([made, np.full((10, 12), alpha, np.uint8)]) for alpha in (255, 0))
    solid = np.dstack([source, np.full((12, 10), 255, np.uint8)])
    assert function(opaque, solid) == pytest.approx(0.75 * wanted, rel=2e-3)
    assert function(clear, clear[:, ::-1]) == 0


def test_unknown_method():
    """One line that names the methods."""
    with pytest.raises(ParameterError, match="method='best': must be one of"):
        metrics.coherence(make_picture(8, 8), make_picture(8, 8), method="best")
