"""SIFID: against the same layers written with torch.nn, its laws, and files that are no weights of Inception-V3."""

import hashlib
import pickle
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from patchloom import metrics
from patchloom.errors import FileError, ImageError, MissingExtraError, ParameterError
from patchloom.metrics import inception, sifid

try:                                                      # without it the Frechet distance and the errors are left
    import torch
except ImportError:
    torch = None

needs_torch = pytest.mark.skipif(torch is None, reason="not on this machine: torch")

SHAPES = {
    "Conv2d_1a_3x3": (32, 3, 3, 3), "Conv2d_2a_3x3": (32, 32, 3, 3), "Conv2d_2b_3x3": (64, 32, 3, 3),
    "Conv2d_3b_1x1": (80, 64, 1, 1), "Conv2d_4a_3x3": (192, 80, 3, 3),
}
MIXED = ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")
METRICS = {64: metrics.sifid64, 192: metrics.sifid192}


def made_up(layout="torchvision", seed=0, counted=True):
    """A state dict with the real shapes of the first blocks, and next to nothing for the rest."""
    draw = torch.Generator().manual_seed(seed)
    state = {}
    for name, shape in SHAPES.items():
        fan = shape[1] * shape[2] * shape[3]
        state[f"{name}.conv.weight"] = torch.randn(shape, generator=draw) * (2 / fan) ** 0.5
        state[f"{name}.bn.weight"] = torch.rand(shape[0], generator=draw) + 0.5
        state[f"{name}.bn.bias"] = torch.randn(shape[0], generator=draw) * 0.2
        state[f"{name}.bn.running_mean"] = torch.randn(shape[0], generator=draw) * 0.2
        state[f"{name}.bn.running_var"] = torch.rand(shape[0], generator=draw) * 0.01   # so that eps 1e-3 shows
        if counted:
            state[f"{name}.bn.num_batches_tracked"] = torch.tensor(0)
    for name in MIXED:
        state[f"Mixed_{name}.branch1x1.conv.weight"] = torch.zeros(1, 1, 1, 1)
    if layout == "torchvision":
        state["AuxLogits.fc.bias"] = torch.zeros(1000)
    state["fc.bias"] = torch.zeros(1000 if layout == "torchvision" else 1008)
    return state


@pytest.fixture(scope="module")
def state():
    """One state dict for most tests."""
    return made_up()


@pytest.fixture(scope="module")
def path(state, tmp_path_factory):
    """Its file."""
    path = tmp_path_factory.mktemp("weights") / "made-up.pth"
    torch.save(state, path)
    return path


@pytest.fixture(scope="module")
def weights(path):
    """What is read from it."""
    return metrics.load_inception(path)


@pytest.fixture
def keep(tmp_path):
    """Return the function that writes a state dict to a file."""
    def write(state, **options):
        torch.save(state, tmp_path / "file.pth", **options)
        return tmp_path / "file.pth"
    return write


def reference(state, picture, dimensions):
    """(mean, covariance) of the layers' answers, with torch.nn's own layers and NumPy's own covariance."""
    layers = []
    for name, (out, into, side, _) in SHAPES.items():
        if name == "Conv2d_3b_1x1":
            if dimensions == 64:
                break
            layers.append(torch.nn.MaxPool2d(3, stride=2))
        stride, border = 2 if "1a" in name else 1, 1 if "2b" in name else 0
        convolution = torch.nn.Conv2d(into, out, side, stride=stride, padding=border, bias=False)
        batch = torch.nn.BatchNorm2d(out, eps=0.001)
        convolution.load_state_dict({"weight": state[f"{name}.conv.weight"]})
        batch.load_state_dict({
            part: state[f"{name}.bn.{part}"]
            for part in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
        })
        layers += [convolution, batch, torch.nn.ReLU()]
    network = torch.nn.Sequential(*layers).eval().double()
    pixels = torch.tensor(np.asarray(picture, np.float64) / 255).permute(2, 0, 1)[None]
    with torch.no_grad():
        answers = network(2 * pixels - 1)[0].reshape(dimensions, -1).numpy()
    return answers.mean(axis=1), np.cov(answers), answers.shape[1]


def square_root(matrix):
    """The principal square root by Denman and Beavers' iteration, which needs no eigenvalues."""
    root, inverse = matrix, np.eye(len(matrix))
    for _ in range(60):
        root, inverse = (root + np.linalg.inv(inverse)) / 2, (inverse + np.linalg.inv(root)) / 2
    return root


def plain_distance(mean_a, cov_a, mean_b, cov_b):
    """The formula as it is printed, with the square root of the product A B."""
    return np.square(mean_a - mean_b).sum() + np.trace(cov_a + cov_b - 2 * square_root(cov_a @ cov_b))


def spread(size, seed, extra=40):
    """A mean and a covariance of full rank."""
    values = np.random.default_rng(seed).normal(size=(size + extra, size)) * np.linspace(0.5, 2, size)
    return values.mean(axis=0), np.cov(values, rowvar=False)


# The Frechet distance

def test_frechet_of_independent_variables():
    """In closed form: the squared differences of means and of standard deviations."""
    rng = np.random.default_rng(1)
    means, deviations = rng.normal(size=(2, 6)), rng.uniform(0, 3, (2, 6))
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]       # covariances that commute, and are not diagonal
    parts = [part for mean, sigma in zip(means, deviations, strict=True)
             for part in (turn @ mean, turn @ np.diag(sigma**2) @ turn.T)]
    expected = np.square(means[0] - means[1]).sum() + np.square(deviations[0] - deviations[1]).sum()
    assert metrics.frechet_distance(*parts) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("size", [1, 2, 9, 64])
def test_frechet_by_another_square_root(size):
    """Covariances that do not commute, against the iteration."""
    first, second = spread(size, 1) if size > 1 else (np.zeros(1), np.ones((1, 1))), spread(max(size, 2), 2)
    second = second[0][:size], second[1][:size, :size]
    assert metrics.frechet_distance(*first, *second) == pytest.approx(plain_distance(*first, *second), rel=1e-9)


def test_frechet_as_scipy_has_it():
    """Against scipy's square root of a matrix."""
    linalg = pytest.importorskip("scipy.linalg", reason="not on this machine: scipy")
    (mean_a, cov_a), (mean_b, cov_b) = spread(20, 3), spread(20, 4)
    expected = np.square(mean_a - mean_b).sum() + np.trace(cov_a + cov_b - 2 * linalg.sqrtm(cov_a @ cov_b).real)
    assert metrics.frechet_distance(mean_a, cov_a, mean_b, cov_b) == pytest.approx(expected, rel=1e-9)


def test_frechet_of_singular_covariances():
    """Fewer values than dimensions: still 0 for the same, symmetric, and right where the formula is known."""
    rng = np.random.default_rng(5)
    one, other = (np.cov(rng.normal(size=(4, 30)), rowvar=False) for _ in range(2))
    mean = np.zeros(30)
    assert metrics.frechet_distance(mean, one, mean, one) == pytest.approx(0, abs=1e-12)
    there, back = metrics.frechet_distance(mean, one, mean, other), metrics.frechet_distance(mean, other, mean, one)
    assert there == pytest.approx(back, rel=1e-12)
    assert 0 < there < np.trace(one + other)
    assert metrics.frechet_distance(mean, one, mean, np.zeros((30, 30))) == pytest.approx(np.trace(one), rel=1e-12)
    turn = np.linalg.qr(rng.normal(size=(30, 30)))[0]     # nothing shared: what rounding leaves of one is not seen
    apart = [turn @ np.diag(np.arange(30) % 2 == side).astype(float) @ turn.T for side in (0, 1)]
    assert metrics.frechet_distance(mean, apart[0], mean, apart[1]) == pytest.approx(30, rel=1e-12)


@pytest.mark.parametrize(("arguments", "message"), [
    (([0.0], [[1.0]], [0.0, 0.0], np.eye(2)), "mean_b.shape=(2,): must be (1,), that of mean_a"),
    (([[0.0]], [[1.0]], [0.0], [[1.0]]), "mean_a.shape=(1, 1): must be (D,)"),
    (([0.0], [1.0], [0.0], [[1.0]]), "cov_a.shape=(1,): must be (1, 1)"),
    (([0.0], [[1.0]], [np.nan], [[1.0]]), "mean_b=1 values that are NaN or infinite: must be finite"),
    (([0.0], [[-1.0]], [0.0], [[1.0]]), "cov_a=smallest eigenvalue -1: must be symmetric without negative"),
    ((np.zeros(2), np.eye(2), np.zeros(2), [[1, 0.5], [0, 1]]), "cov_b=smallest eigenvalue"),
    (("mean", [[1.0]], [0.0], [[1.0]]), "mean_a=str: must be real numbers"),
])
def test_frechet_refuses(arguments, message):
    """What are no Gaussians is one line."""
    with pytest.raises(ParameterError) as caught:
        metrics.frechet_distance(*arguments)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


# The network

@needs_torch
@pytest.mark.parametrize("dimensions", [64, 192])
@pytest.mark.parametrize("size", [(61, 74), (23, 40), (50, 23)])
def test_moments_are_those_of_torch_layers(dimensions, size, state, weights, make_picture):
    """Mean, covariance and number of positions against torch.nn's layers in float64."""
    picture = make_picture(*size)
    found = sifid.moments(picture / np.float32(255), weights, dimensions)
    mean, covariance, positions = reference(state, picture, dimensions)
    assert found.positions == positions
    np.testing.assert_allclose(found.mean, mean, rtol=1e-4, atol=1e-5 * np.abs(mean).max())
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-3, atol=1e-5 * np.abs(covariance).max())


@needs_torch
def test_whole_figure_against_the_printed_formula(state, weights, make_picture):
    """SIFID at 64 dimensions, from pixels to figure, by another way."""
    one, other = make_picture(60, 80, seed=1), make_picture(70, 66, seed=2)
    expected = plain_distance(*reference(state, one, 64)[:2], *reference(state, other, 64)[:2])
    assert metrics.sifid64(one, other, weights=weights) == pytest.approx(expected, rel=1e-4)


@needs_torch
@pytest.mark.parametrize("dimensions", [64, 192])
@pytest.mark.parametrize("rows", [1, 2, 5])
def test_bands_equal_the_whole(dimensions, rows, weights, make_picture, monkeypatch):
    """Rows in bands give what all rows at once give."""
    picture = make_picture(49, 41, seed=3) / np.float32(255)
    whole = sifid.moments(picture, weights, dimensions)
    width = (41 - 3) // 2 - 1
    monkeypatch.setattr(sifid, "_BAND", 64 * width * rows * (1 if dimensions == 64 else 2))
    assert len(list(sifid._bands(picture, dimensions))) == -(-(22 if dimensions == 64 else 8) // rows)
    bands = sifid.moments(picture, weights, dimensions)
    assert bands.positions == whole.positions
    for one, other in zip(bands[:2], whole[:2], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6 * np.abs(other).max())


def test_positions_that_the_docs_tell():
    """Of a picture of 250 x 188 pixels."""
    rows, cols = sifid._halved(188), sifid._halved(250)
    assert (rows * cols, sifid._halved(rows) * sifid._halved(cols)) == (11102, 2494)


# Laws

@needs_torch
@pytest.mark.parametrize("dimensions", [64, 192])
def test_laws(dimensions, weights, make_picture):
    """0 for the source itself, the same both ways, and more for more."""
    metric, source = METRICS[dimensions], make_picture(64, 72)
    other = make_picture(64, 72, seed=9)
    there, back = (metric(*pair, weights=weights) for pair in ((other, source), (source, other)))
    # Up to the rounding of such figures, which is another on every processor.
    assert 0 <= metric(source, source, weights=weights) < 1e-12 * there
    assert there == pytest.approx(back, rel=1e-9)
    redder = [np.clip(source + np.array([step, 0, 0]), 0, 255).astype(np.uint8) for step in (6, 20, 60)]
    scores = [metric(picture, source, weights=weights) for picture in redder]
    assert 0 < scores[0] < scores[1] < scores[2]


@needs_torch
def test_a_copy_of_another_size_scores_near_nothing(weights, make_picture):
    """How it is fooled: a piece of the source beats a new picture of its kind."""
    source = make_picture(96, 96)
    piece, new = source[:, :80], make_picture(96, 80, seed=4)
    assert metrics.sifid64(piece, source, weights=weights) < metrics.sifid64(new, source, weights=weights) / 5


@needs_torch
def test_kinds_of_numbers_do_not_matter(weights, make_picture):
    """8 bits, 16 bits and floats of one picture are one: none is divided by 255 a second time."""
    metric, source, other = metrics.sifid64, make_picture(40, 50), make_picture(40, 50, seed=1)
    expected = metric(other, source, weights=weights)
    floats = [picture.astype(np.float64) / 255 for picture in (other, source)]
    deep = [picture.astype(np.uint16) * 257 for picture in (other, source)]
    assert metric(*floats, weights=weights) == pytest.approx(expected, rel=1e-6)
    assert metric(*deep, weights=weights) == pytest.approx(expected, rel=1e-6)
    assert metric(floats[0], source, weights=weights) == pytest.approx(expected, rel=1e-6)
    # What the published script does to PNG files: hardly anything is left.
    twice = metric(*(picture / 255 for picture in floats), weights=weights)
    assert twice < expected / 1000


@needs_torch
def test_pictures_of_pillow(weights, make_picture):
    """PIL images are taken too."""
    from PIL import Image

    source, other = make_picture(40, 50), make_picture(40, 50, seed=1)
    found = metrics.sifid64(Image.fromarray(other), Image.fromarray(source), weights=weights)
    assert found == metrics.sifid64(other, source, weights=weights)


@needs_torch
def test_threads_do_not_matter_and_are_left_alone(weights, make_picture, monkeypatch):
    """Calls at once take turns on one thread of torch's, which has its number again after them."""
    source, other = make_picture(40, 50), make_picture(40, 50, seed=1)
    active, met, found, real = [], [], [], sifid._answers

    def watched(*arguments):
        active.append(1)
        met.append((len(active), torch.get_num_threads(), torch.is_inference_mode_enabled()))
        time.sleep(0.01)
        result = real(*arguments)
        active.pop()
        return result

    monkeypatch.setattr(sifid, "_answers", watched)
    before = torch.get_num_threads()
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            workers = [
                threading.Thread(target=lambda: found.append(metrics.sifid64(other, source, weights=weights)))
                for _ in range(3)
            ]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            found.append(metrics.sifid64(other, source, weights=weights))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert set(met) == {(1, 1, True)}
    assert len(found) == 8 and len(set(found)) == 1


@needs_torch
def test_source_is_looked_at_once(path, make_picture, monkeypatch):
    """Samples of one source share its moments; a source that changed in place does not; few are kept."""
    weights, seen, real = metrics.load_inception(path), [], sifid.moments
    monkeypatch.setattr(sifid, "moments", lambda image, *rest: seen.append(image) or real(image, *rest))
    source, samples = make_picture(30, 30), [make_picture(30, 30, seed=seed) for seed in (1, 2)]
    first = [metrics.sifid64(sample, source, weights=weights) for sample in samples]
    assert len(seen) == 3
    assert [metrics.sifid64(sample, source, weights=weights) for sample in samples] == first
    assert len(seen) == 5
    source[0] = 255
    assert metrics.sifid64(samples[0], source, weights=weights) != first[0]
    assert len(seen) == 7
    for seed in range(12):
        metrics.sifid64(samples[0], make_picture(30, 30, seed=20 + seed), weights=weights)
    assert len(weights._seen) == sifid._KEPT
    assert replace(weights)._seen == {}                   # other weights have other moments


# What is told

@needs_torch
def test_details_and_notes(weights, path, make_picture):
    """The file's hash stands with the figure, and so do too few positions."""
    source = make_picture(40, 50)
    measured = metrics.measure(source[:, :40], source, ["sifid192", "sifid64"], given={"weights": weights})
    assert list(measured) == ["sifid64", "sifid192"]
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert dict(measured["sifid64"].details) == {
        "dimensions": 64, "positions": 17 * 17, "source_positions": 17 * 22, "weights": "torchvision",
        "weights_sha256": sha256, "weights_published": False,
    }
    assert measured["sifid64"].note.startswith("the weights are not those of the published file")
    assert measured["sifid192"].note.startswith("36 positions are too few for a covariance of 192 dimensions; the we")
    assert measured["sifid64"].value == metrics.sifid64(source[:, :40], source, weights=path)


@needs_torch
def test_published_files_are_known(weights):
    """By the digits of the hash that they carry in their names."""
    for layout, digits in (("torchvision", "0cc3c7bd"), ("fid", "6726825d")):
        for sha256, known in ((digits + 56 * "0", True), (64 * "0", False)):
            loaded = metrics.Inception("file", sha256, layout, weights.blocks)
            assert loaded.published is known
    source = np.zeros((40, 50, 3), np.uint8)
    published = metrics.Inception("file", "0cc3c7bd" + 56 * "0", "torchvision", weights.blocks)
    assert metrics.measure(source, source, ["sifid64"], given={"weights": published})["sifid64"].note == ""


@needs_torch
@pytest.mark.parametrize("dimensions", [64, 192])
def test_pictures_that_do_not_suit(dimensions, weights):
    """Grey, alpha and thumbnails are one line in Python, and a note when measuring."""
    name, least = f"sifid{dimensions}", {64: 9, 192: 23}[dimensions]
    for channels in (1, 2, 4):
        odd = np.zeros((40, 40, channels), np.uint8)
        with pytest.raises(ImageError, match=f"generated={channels} channels: SIFID is of RGB .*; convert to RGB"):
            METRICS[dimensions](odd, odd, weights=weights)
        assert "RGB" in metrics.measure(odd, odd, [name], given={"weights": weights})[name].note
    large, small = np.zeros((40, 40, 3), np.uint8), np.zeros((40, least - 1, 3), np.uint8)
    with pytest.raises(ImageError, match=f"source={least - 1} x 40 pixels: sides must be at least {least}"):
        METRICS[dimensions](large, small, weights=weights)
    assert METRICS[dimensions](np.zeros((least, least, 3)), large, weights=weights) >= 0


# Files

@needs_torch
@pytest.mark.parametrize("layout", ["torchvision", "fid"])
@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("counted", [True, False])
def test_both_layouts_in_both_formats(layout, zipped, counted, keep, make_picture):
    """Zip and legacy files, with num_batches_tracked or without, are read alike; the layout is told."""
    path = keep(made_up(layout, 3, counted), _use_new_zipfile_serialization=zipped)
    loaded = metrics.load_inception(path)
    assert (loaded.layout, loaded.path) == (layout, str(path))
    assert loaded.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    same = metrics.load_inception(keep(made_up(layout, 3)))
    for one, other in zip(loaded.blocks, same.blocks, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@needs_torch
def test_state_dict_of_modules(keep, state):
    """An OrderedDict with torch's own metadata, and parameters instead of tensors, as old files have them."""
    from collections import OrderedDict

    ordered = OrderedDict((key, torch.nn.Parameter(value, requires_grad=False)) for key, value in state.items())
    ordered._metadata = OrderedDict([("", {"version": 1})])
    assert metrics.load_inception(keep(ordered)).layout == "torchvision"


@needs_torch
def test_weights_differ_and_so_do_figures(keep, weights, make_picture):
    """Two files give two values."""
    source, other = make_picture(40, 50), make_picture(40, 50, seed=1)
    another = metrics.load_inception(keep(made_up("fid", 8)))
    assert metrics.sifid64(other, source, weights=another) != pytest.approx(
        metrics.sifid64(other, source, weights=weights), rel=0.01
    )


@needs_torch
def test_weights_travel(weights, make_picture):
    """What was read can be sent to other processes."""
    source, other = make_picture(40, 50), make_picture(40, 50, seed=1)
    sent = pickle.loads(pickle.dumps(weights))
    assert metrics.sifid64(other, source, weights=sent) == metrics.sifid64(other, source, weights=weights)
    assert sum(part.nbytes for block in sent.blocks for part in block) == 4 * (28_768 + 143_904 - 64 - 32 - 32 - 272)


class Code:
    """What a hostile file has instead of numbers."""

    def __reduce__(self):
        return (pytest.fail, ("code of a file was run",))


def refusals(tmp_path, state):
    """Files that are no weights, each with what the one line must say."""
    def saved(name, value, **options):
        torch.save(value, tmp_path / name, **options)
        return tmp_path / name

    def changed(name, **values):
        return saved(name, {**state, **{key.replace("__", "."): value for key, value in values.items()}})

    def without(name, start):
        return saved(name, {key: value for key, value in state.items() if not key.startswith(start)})

    whole = "must be a whole file of tensors and nothing else"
    (tmp_path / "folder").mkdir()
    for name, data in (("text", b"no weights\n"), ("nothing", b""), ("zip", b"PK\x03\x04" + bytes(60))):
        (tmp_path / name).write_bytes(data)
        yield tmp_path / name, whole
    for zipped in (True, False):
        path = saved(f"cut{zipped}", state, _use_new_zipfile_serialization=zipped)
        path.write_bytes(path.read_bytes()[:-5000])
        yield path, whole
        yield saved(f"code{zipped}", {"fc.bias": Code()}, _use_new_zipfile_serialization=zipped), whole
    (tmp_path / "pickle").write_bytes(pickle.dumps(Code()))
    yield tmp_path / "pickle", whole
    yield tmp_path / "folder", "must be a file of at most 1024 MB"
    yield tmp_path / "absent", "could not be read: No such file"
    yield tmp_path / ("n" * 300), "could not be read: File name too long"
    yield tmp_path / "nu\0ll", "could not be read"
    yield saved("list", [torch.zeros(3)]), "must hold tensors by name, and holds a list"
    yield saved("tensor", torch.zeros(3)), "must hold tensors by name, and holds a Tensor"
    yield saved("numbers", {1: torch.zeros(3)}), "must hold tensors by name, and holds a dict"
    yield saved("checkpoint", {"state_dict": state}), "must hold tensors by name, and holds state_dict of dict"
    yield saved("empty", {}), "and lacks Conv2d_1a_3x3"
    yield saved("resnet", {"conv1.weight": torch.zeros(1), "fc.bias": torch.zeros(1000)}), "and holds conv1"
    yield without("rest", "Mixed_6c"), "published it, and lacks Mixed_6c"
    yield without("head", "AuxLogits"), "and ends with (1000,)"
    yield changed("tuned", fc__bias=torch.zeros(10)), "and ends with (10,)"
    yield without("bn", "Conv2d_2a_3x3.bn.running_var"), "lacks Conv2d_2a_3x3.bn.running_var"
    key = "Conv2d_4a_3x3__bn__running_var"
    yield changed("negative", **{key: torch.full((192,), -1.0)}), "running_var must not be negative"
    yield changed("nan", **{key: torch.full((192,), torch.nan)}), "running_var must be finite"
    yield changed("short", **{key: torch.ones(191)}), "must be floats (192,), and is torch.float32 (191,)"
    yield changed("whole", **{key: torch.ones(192, dtype=torch.int64)}), "and is torch.int64 (192,)"
    yield changed("sparse", **{key: torch.ones(192).to_sparse()}), "must be floats (192,)"
    yield changed("none", **{key: torch.ones(192, device="meta")}), "must be floats (192,)"


@needs_torch
def test_files_that_are_no_weights(tmp_path, state):
    """Each is one line that names the file, what is wrong and what to use; no code of theirs is run."""
    count = 0
    for path, why in refusals(tmp_path, state):
        with pytest.raises(FileError) as caught:
            metrics.load_inception(path)
        message = str(caught.value)
        assert message.startswith(f"weights={path}: ") and why in message and "\n" not in message, message
        assert ";" in message
        count += 1
    assert count == 28


@needs_torch
def test_file_that_is_too_large(tmp_path, monkeypatch):
    """Something far larger than the published files is not even read."""
    (tmp_path / "large").write_bytes(bytes(100))
    monkeypatch.setattr(inception, "_MOST_BYTES", 99)
    with pytest.raises(FileError, match="must be a file of at most"):
        metrics.load_inception(tmp_path / "large")


@needs_torch
def test_numbers_that_run_over(state, keep, make_picture):
    """Weights that are finite, and whose answers are not."""
    loud = keep({**state, "Conv2d_2b_3x3.bn.weight": torch.full((64,), 3e37)})
    with pytest.raises(FileError, match="give numbers that are not finite"):
        metrics.sifid64(make_picture(20, 20), make_picture(20, 20, seed=1), weights=loud)


@needs_torch
def test_half_precision_is_read(state, keep):
    """Any float type will do."""
    small = {key: value.to(torch.bfloat16) if "." in key else value for key, value in state.items()}
    assert all(part.dtype == np.float32 for block in metrics.load_inception(keep(small)).blocks for part in block)


# Where weights come from

@needs_torch
def test_environment_variable(path, make_picture, monkeypatch):
    """It names the file where none is passed, and errors then name it."""
    source = make_picture(30, 30)
    monkeypatch.setenv("PATCHLOOM_INCEPTION", str(path))
    assert metrics.sifid64(source, source) == metrics.sifid64(source, source, weights=path) < 1e-3
    assert metrics.load_inception().path == str(path)
    monkeypatch.setenv("PATCHLOOM_INCEPTION", str(path.parent))
    with pytest.raises(FileError, match=f"^PATCHLOOM_INCEPTION={path.parent}: must be a file"):
        metrics.sifid64(source, source)
    assert metrics.sifid64(source, source, weights=path) < 1e-3


@pytest.mark.parametrize("value", ["", None])
def test_no_weights(value, make_picture, monkeypatch):
    """Without a file the one line tells both ways, the files, and that nothing is downloaded."""
    monkeypatch.delenv("PATCHLOOM_INCEPTION", raising=False)
    if value is not None:
        monkeypatch.setenv("PATCHLOOM_INCEPTION", value)
    with pytest.raises(ParameterError) as caught:
        metrics.sifid64(make_picture(30, 30), make_picture(30, 30))
    for part in ("weights=None: ", "--weights", "PATCHLOOM_INCEPTION", "inception_v3_google-0cc3c7bd.pth",
                 "pt_inception-2015-12-05-6726825d.pth", "nothing is downloaded"):
        assert part in str(caught.value)
    with pytest.raises(ParameterError, match="must name a file"):
        metrics.load_inception(7)
    assert "sifid64" not in metrics.measure(make_picture(30, 30), make_picture(30, 30))


def test_torch_loads_only_when_it_is_used():
    """Neither the package nor its metrics bring it in."""
    code = "import sys, patchloom.metrics; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_torch(tmp_path, monkeypatch):
    """The extra is named, and the line for a machine without a GPU."""
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError) as caught:
        metrics.load_inception(tmp_path / "weights.pth")
    assert 'pip install "patchloom[torch]"' in str(caught.value)
    assert "pip install torch --index-url https://download.pytorch.org/whl/cpu" in str(caught.value)
    blocks = tuple((np.zeros(shape, np.float32), np.zeros(shape[0], np.float32)) for shape in SHAPES.values())
    loaded = metrics.Inception("file", 64 * "0", "fid", blocks)
    with pytest.raises(MissingExtraError):
        metrics.sifid64(np.zeros((30, 30, 3)), np.zeros((30, 30, 3)), weights=loaded)
