"""Networks, noise, resizing, and the scales one after another."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="not on this machine: torch")

from patchloom import singan  # noqa: E402
from patchloom.resize import resize  # noqa: E402
from patchloom.singan.devices import computing  # noqa: E402
from patchloom.singan.growing import (  # noqa: E402
    Draw,
    Level,
    _by_matrix,
    _by_taps,
    _matrix,
    as_image,
    as_tensor,
    grown,
    resized,
)
from patchloom.singan.networks import PAD, begin, body, generated, padded, restored, weights_of  # noqa: E402
from patchloom.singan.one_scale import Course  # noqa: E402
from patchloom.singan.sample import course_of, levels_of, rebuilt  # noqa: E402

CPU = torch.device("cpu")
TINY = singan.SinGANParams(min_size=11, iterations=2, channels=4, critic_steps=2, generator_steps=2,
                           precision="float32")


@pytest.fixture(scope="module")
def model(make_picture: Any) -> Any:
    """Three scales of a picture of 16 x 20."""
    return singan.train(make_picture(16, 20), params=TINY, seed=4, device="cpu", threads=1)


def network(channels: int, width: int, out: int, seed: int = 0) -> Any:
    made = body(channels, width, out)
    begin(made, seed)
    return made


# Networks

def test_an_output_sees_11_by_11_pixels() -> None:
    made = network(2, 4, 3).double().eval()               # a corner's share is below float32's rounding
    before = torch.rand(1, 2, 30, 33, dtype=torch.float64)
    after = before.clone()
    after[0, 1, 14, 12] += 1
    with torch.no_grad():
        changed = (made(before) != made(after)).any(dim=1)[0].numpy()
    wanted = np.zeros((20, 23), bool)
    wanted[4:15, 2:13] = True                             # outputs 5 around (14 - 5, 12 - 5)
    assert (changed == wanted).all()


def test_what_a_scale_adds_is_within_one_of_the_scale_before() -> None:
    """A residual: the hyperbolic tangent of the network on noise and picture, over the picture's inside."""
    made = network(3, 4, 3).eval()
    noise, previous = torch.randn(1, 3, 22, 25), torch.randn(1, 3, 22, 25)
    with torch.no_grad():
        picture = generated(made, noise, previous)
        inside = previous[:, :, PAD:-PAD, PAD:-PAD]
        assert picture.shape == (1, 3, 12, 15)
        assert (picture - inside).abs().max() <= 1 + 1e-6
        torch.testing.assert_close(picture, torch.tanh(made(noise + previous)) + inside)


def test_without_normalisation_features_keep_their_size() -> None:
    """All but the last convolution: the mean square of what goes through does not change."""
    made = body(3, 256, 1, normalised=False)
    begin(made, 3)
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in made)
    with torch.no_grad():
        features = made[:-1](torch.randn(1, 3, 60, 60))
    # Of a normal number, what a leaky ReLU lets through has (1 + 0.2^2) / 2 of its square.
    assert float((features**2).mean()) == pytest.approx(1.0, rel=0.25)


def test_weights_begin_as_the_paper_says() -> None:
    made = network(3, 64, 1, seed=7)
    for name, value in made.named_parameters():
        values = value.detach()
        if values.ndim == 4:                              # the last has 576
            assert abs(float(values.std()) - 0.02) < 0.002, name
            assert abs(float(values.mean())) < 0.003, name
        elif isinstance(made[int(name.split(".")[0])], torch.nn.Conv2d):
            assert float(values.abs().max()) <= 1 / math.sqrt(9 * made[int(name.split(".")[0])].in_channels), name
        elif name.endswith("bias"):
            assert (values == 0).all(), name
        else:
            assert 0.012 < float(values.std()) < 0.028, name
            assert abs(float(values.mean()) - 1) < 0.01, name
    statistics = {name: value for name, value in made.state_dict().items() if "running" in name}
    assert len(statistics) == 8
    assert all((value == (1 if name.endswith("var") else 0)).all() for name, value in statistics.items())


@pytest.mark.parametrize("seed", [0, 2**64 - 1])
def test_a_seed_decides_the_weights_and_nothing_else_does(seed: int) -> None:
    state = torch.get_rng_state()
    one, same, other = network(3, 4, 1, seed), network(3, 4, 1, seed), network(3, 4, 1, seed ^ 1)
    assert (torch.get_rng_state() == state).all()
    assert all((a == b).all() for a, b in zip(one.parameters(), same.parameters(), strict=True))
    assert not any((a == b).all() for a, b in zip(one.parameters(), other.parameters(), strict=True) if a.ndim == 4)


def test_weights_go_out_and_in_again() -> None:
    made = network(3, 4, 2)
    made(torch.rand(1, 3, 20, 20))                        # sets running statistics
    kept = weights_of(made)
    assert kept.keys() == {name for name in made.state_dict() if not name.endswith("num_batches_tracked")}
    again = restored(kept, 3, 2, CPU)
    assert not again.training
    picture = torch.rand(1, 3, 20, 20)
    torch.testing.assert_close(again(picture), made.eval()(picture), rtol=0, atol=0)
    with torch.no_grad():
        made[0].weight += 1
    assert (kept["0.weight"] != made[0].weight).all()     # a copy


# Noise

@settings(max_examples=30)
@given(seed=st.integers(0, 2**64 - 1), scale=st.integers(0, 9), threads=st.integers(2, 4), around=st.booleans())
def test_noise_is_a_pure_function_of_seed_and_counters(seed: int, scale: int, threads: int, around: bool) -> None:
    draw = Draw(seed, 3, around, CPU)
    noise = draw(scale, (12, 17), 5, 1)
    assert noise.shape == (1, 3, 22, 27)
    assert noise.dtype == torch.float32
    assert (noise == replace(draw, threads=threads)(scale, (12, 17), 5, 1)).all()
    others = (draw(scale, (12, 17), 5, 2), draw(scale, (12, 17), 1, 5), draw(scale, (12, 17), 5), draw(scale, (12, 17)),
              draw(scale + 1, (12, 17), 5, 1), replace(draw, seed=seed ^ 1)(scale, (12, 17), 5, 1))
    inside = (..., 1, slice(PAD, -PAD), slice(PAD, -PAD))
    assert all((noise[inside] != other[inside]).float().mean() > 0.99 for other in others)
    border = noise.clone()
    border[..., PAD:-PAD, PAD:-PAD] = 0
    assert bool((border != 0).any()) == around            # zeros, or more noise


def test_noise_has_unit_variance_and_one_map_for_all_channels_at_the_coarsest() -> None:
    for scale in (0, 3):
        noise = Draw(1, 3, True, CPU)(scale, (118, 118), 2)[0]
        for channel in noise:
            assert abs(float(channel.mean())) < 0.03
            assert abs(float(channel.std()) - 1) < 0.03
        assert bool((noise[0] == noise[1]).all()) == (scale == 0)
        between = float((noise[0] * noise[2]).mean())
        assert abs(between - (1 if scale == 0 else 0)) < 0.05
        assert abs(float((noise[0, 1:] * noise[0, :-1]).mean())) < 0.03


@pytest.mark.parametrize("padding", ["zero", "noise"])
def test_the_reconstructions_noise_is_one_map_and_then_zeros(padding: str) -> None:
    reals = tuple(torch.zeros(1, 3, *size) for size in ((12, 14), (16, 19)))
    course = Course(replace(TINY, padding=padding), 8, reals, 0.75, CPU)
    first, second = (course.reconstruction_noise(scale, size) for scale, size in enumerate(course.sizes))
    assert (first.shape, second.shape) == ((1, 3, 22, 24), (1, 3, 26, 29))
    assert (first == course.reconstruction_noise(0, (12, 14))).all()
    assert bool((first[..., :PAD, :] != 0).any()) == (padding == "noise")
    assert (first[:, 0] == first[:, 2]).all()
    assert (second == 0).all()
    assert (first != course.draw(0, (12, 14)))[..., PAD:-PAD, PAD:-PAD].any()      # no sample's


# Resizing

@settings(max_examples=40)
@given(
    rows=st.integers(1, 40), cols=st.integers(1, 40), more=st.integers(1, 50), across=st.integers(1, 50),
    exact=st.booleans(), seed=st.integers(0, 99),
)
def test_resized_is_patchlooms_resize(rows: int, cols: int, more: int, across: int, exact: bool, seed: int) -> None:
    image = np.random.default_rng(seed).random((rows, cols, 2), np.float32)
    scale = more / rows if exact else None
    ours = resized(torch.from_numpy(image.transpose(2, 0, 1)[None].copy()), (more, across), scale)
    np.testing.assert_allclose(ours[0].numpy().transpose(1, 2, 0), resize(image, (more, across), scale=scale),
                               atol=5e-6)


@pytest.mark.parametrize("turned", [False, True])
def test_large_pictures_are_resized_without_a_matrix(turned: bool) -> None:
    """Which would take gigabytes for the largest, and be kept."""
    image, size = np.random.default_rng(1).random((700, 11, 2), np.float32), (600, 12)
    if turned:
        image, size = np.ascontiguousarray(image.transpose(1, 0, 2)), (12, 600)
    _matrix.cache_clear()
    ours = resized(torch.from_numpy(image.transpose(2, 0, 1)[None].copy()), size)
    assert _matrix.cache_info().currsize == 1                 # of the shorter side
    np.testing.assert_allclose(ours[0].numpy().transpose(1, 2, 0), resize(image, size), atol=5e-6)


@given(length=st.integers(1, 40), target=st.integers(1, 40), scale=st.floats(0.2, 4), axis=st.sampled_from([-2, -1]))
def test_both_ways_of_resizing_are_one(length: int, target: int, scale: float, axis: int) -> None:
    picture = torch.rand(1, 2, length, length)
    torch.testing.assert_close(_by_taps(picture, axis, target, scale), _by_matrix(picture, axis, target, scale),
                               rtol=0, atol=5e-6)


@given(length=st.integers(1, 60), target=st.integers(1, 60), scale=st.floats(0.2, 4))
def test_every_resized_sample_is_a_mean(length: int, target: int, scale: float) -> None:
    matrix = _matrix(length, target, scale)
    assert matrix.shape == (target, length)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=3e-6)


def test_a_picture_of_the_same_size_is_itself() -> None:
    picture = torch.rand(1, 3, 9, 7)
    assert resized(picture, (9, 7)) is picture


def test_resizing_is_as_exact_within_bfloat16() -> None:
    picture = torch.rand(1, 3, 20, 24)
    with computing(CPU, "bfloat16"):
        inside = resized(picture, (27, 33), 4 / 3)
    assert inside.dtype == torch.float32
    assert (inside == resized(picture, (27, 33), 4 / 3)).all()


def test_pictures_go_to_tensors_and_back(picture: Any) -> None:
    tensor = as_tensor(picture, CPU)
    assert tensor.shape == (1, 3, 48, 64)
    assert (float(tensor.min()), float(tensor.max())) == (-1, 1)
    np.testing.assert_allclose(as_image(tensor), picture, atol=1e-7)
    beyond = as_image(3 * tensor)
    assert (beyond.min(), beyond.max()) == (0, 1)


# The scales one after another

def test_scales_by_hand(model: Any) -> None:
    """`grown` is: enlarge by the ratio, pad, add noise, generate; nothing for the coarsest to begin with."""
    levels, draw = levels_of(model, CPU), Draw(9, 3, False, CPU)
    picture = torch.zeros(1, 3, *model.sizes[0])
    with torch.no_grad():
        for scale, (level, size) in enumerate(zip(levels, model.sizes, strict=True)):
            if scale:
                picture = resized(picture, size, 1 / model.ratio)
            below = padded(picture)
            picture = torch.tanh(level.generator(level.amplitude * draw(scale, size) + below)) + picture
            found = grown(levels[: scale + 1], model.sizes, draw, ratio=model.ratio)
            torch.testing.assert_close(found, picture, rtol=0, atol=1e-6)
    assert not found.requires_grad


def test_every_scale_reconstructs_with_the_error_that_the_model_states(model: Any) -> None:
    levels = levels_of(model, CPU)
    for scale, (kept, real) in enumerate(zip(model.scales, model.reals, strict=True)):
        made = rebuilt(model, levels[: scale + 1], CPU)[0].numpy().transpose(1, 2, 0)
        error = np.sqrt(np.mean(((made + 1) / 2 - real.astype(np.float64)) ** 2))
        assert kept.error == pytest.approx(error, rel=1e-5)
        assert len(kept.record) == TINY.iterations


def test_noise_enters_by_a_tenth_of_the_error_so_far(model: Any) -> None:
    levels = levels_of(model, CPU)
    assert model.scales[0].amplitude == 1
    for scale in range(1, model.count):
        below = resized(rebuilt(model, levels[:scale], CPU), model.sizes[scale], 1 / model.ratio)
        error = (below - as_tensor(model.reals[scale], CPU)).square().mean().sqrt()
        assert model.scales[scale].amplitude == pytest.approx(0.1 * float(error), rel=1e-5)


def test_from_a_scale_on_the_rest_is_what_is_passed() -> None:
    """With the first scale skipped and networks that add nothing, a start goes through as it is."""
    silent = network(3, 4, 3).eval()
    with torch.no_grad():
        silent[-1].weight.zero_(), silent[-1].bias.zero_()
    levels = (None, Level(silent, 1.0), Level(silent, 0.5))
    start = torch.rand(1, 3, 12, 13)
    draw = Draw(0, 3, False, CPU)
    sizes = ((9, 10), (12, 13), (16, 17))
    assert (grown(levels[:2], sizes, draw, first=1, start=start) == start).all()
    torch.testing.assert_close(grown(levels, sizes, draw, first=1, start=start), resized(start, (16, 17)))


def test_the_course_is_the_models_own(model: Any) -> None:
    course = course_of(model, CPU, 1)
    assert course.sizes == model.sizes
    assert (course.ratio, course.seed, course.precision) == (model.ratio, 4, "float32")
