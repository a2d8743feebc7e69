"""Several metrics at once: which, in what order, and what they need."""

import numpy as np
import pytest
from PIL import Image

from patchloom import metrics
from patchloom.errors import ImageError, ParameterError
from patchloom.metrics.measuring import NEEDS, choose

FREE = [metric.name for metric in metrics.METRICS if not metric.needs]
USUAL = [metric.name for metric in metrics.METRICS if not metric.needs and metric.usual]


def test_every_metric_is_a_function_of_that_name():
    for metric in metrics.METRICS:
        assert callable(getattr(metrics, metric.name))
        assert metric.name in metrics.__all__
        assert metric.better in ("lower", "higher", "near 1", "neither")
        assert metric.needs in ("", *NEEDS)
        assert metric.help.endswith(".")
    assert {metric.needs for metric in metrics.METRICS} == {"", *NEEDS}


def test_the_usual_ones_that_have_what_they_need(make_picture):
    """In the order of tables; each as its own function has it."""
    source, made = make_picture(24, 30), make_picture(24, 30, 3, 1)
    assert list(metrics.measure(made, source)) == USUAL
    assert 0 < len(USUAL) < len(FREE)
    found = metrics.measure(made, source, FREE)
    for name in FREE:
        assert found[name].value == getattr(metrics, name)(made, source)
    mask = np.zeros((24, 30), bool)
    mask[8:18, 6:20] = True
    assert set(metrics.measure(made, source, given={"mask": mask})) == {*USUAL, "seam"}


def test_names_keep_the_order_of_tables(make_picture):
    source = make_picture(16, 16)
    assert list(metrics.measure(source, source, ["sharpness_ratio", "coherence"])) == ["coherence", "sharpness_ratio"]
    assert metrics.measure(source, source, []) == {}
    names = (name for name in ("seam", "coherence"))      # can be read once
    assert [metric.name for metric in choose(names, {"mask": None})] == ["coherence", "seam"]


def test_searches_are_shared(make_picture, monkeypatch):
    """Two metrics of one field, one search."""
    pair = metrics.compare(make_picture(24, 30, 3, 1), make_picture(24, 30))
    by_name = {metric.name: metric for metric in metrics.METRICS}
    by_name["coherence"].compute(pair)
    monkeypatch.setattr("patchloom.metrics.comparison.nearest_mean", None)
    assert by_name["nnfdist"].compute(pair).value == by_name["coherence"].compute(pair).value


def test_what_does_not_suit_is_no_number(make_picture):
    found = metrics.measure(make_picture(20, 30), make_picture(24, 30), ["identity_share", "coherence"])
    assert np.isnan(found["identity_share"].value)
    assert "one size" in found["identity_share"].note
    assert found["coherence"].value > 0


@pytest.mark.parametrize(("names", "given", "message"), [
    (["beauty"], {}, "metrics='beauty': must be among coherence, "),
    ("coherence", {}, "metrics='coherence': must be a sequence of names; pass ['coherence']"),
    (["niqe"], {}, "metrics='niqe': needs a pristine model"),
    (["sifid64"], {}, "metrics='sifid64': needs Inception-V3's weights (load_inception); pass it as given={'weights':"),
    (["seam"], {"niqe": 1}, "metrics='seam': needs a mask"),
    (None, {"nique": 1}, "given='nique': must be among niqe, weights, mask"),
    (5, {}, "metrics=5: must be a sequence of names; try ['coherence']"),
    ([["coherence"]], {}, "metrics=['coherence']: must be among coherence, "),
    (None, 3, "given=int: must be a mapping of names"),
    (None, ["niqe"], "given=list: must be a mapping of names"),
])
def test_refused(names, given, message):
    with pytest.raises(ParameterError) as error:
        choose(names, given)
    assert str(error.value).startswith(message)


def test_comparisons_hold_what_is_known(make_picture):
    """What is given is looked at before anything is searched."""
    source = make_picture(16, 16)
    with pytest.raises(ParameterError, match="given='bogus': must be among niqe, weights, mask"):
        metrics.compare(source, source, given={"bogus": 1})
    assert metrics.compare(source, source, given={"mask": 1}).given == {"mask": 1}


@pytest.mark.parametrize("metric", [metrics.sharpness_ratio, metrics.tile_seam, metrics.sifid64, metrics.sifid192])
def test_remedies_are_options_that_there_are(metric, make_picture):
    """None of these has a patch size."""
    with pytest.raises(ImageError, match="2 pixels: sides must") as caught:
        metric(make_picture(2, 2), make_picture(30, 30))
    assert "patch_size" not in str(caught.value)


def test_inks_are_no_light(make_picture):
    """CMYK is refused, and is not taken for RGBA, which has as many channels."""
    inks = Image.frombytes("CMYK", (20, 16), make_picture(16, 20, 4).tobytes())
    other = make_picture(16, 20, 4, 1)
    for pair in ((inks, inks), (inks, other), (other, inks)):
        with pytest.raises(ImageError, match="=CMYK: inks cannot be measured as light; convert it to RGB"):
            metrics.sharpness_ratio(*pair)
    with pytest.raises(ImageError, match=r"samples\[1\]=CMYK"):
        metrics.pixel_diversity([other, inks], other)
    assert metrics.sharpness_ratio(inks.convert("RGB"), inks.convert("RGB")) == 1
    assert metrics.compare(other, other).alpha and not metrics.compare(other[..., :3], other[..., :3]).alpha
