"""Several metrics at once: which, in what order, and what they need."""

import numpy as np
import pytest

from patchloom import metrics
from patchloom.errors import ParameterError
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
])
def test_refused(names, given, message):
    with pytest.raises(ParameterError) as error:
        choose(names, given)
    assert str(error.value).startswith(message)
