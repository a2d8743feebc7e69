"""A picture that enters a model at a scale: paint, harmonise, edit."""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not on this machine: torch")

from conftest import make_picture  # noqa: E402
from patchloom import ImageError, ParameterError, singan  # noqa: E402
from patchloom.checks import as_image  # noqa: E402
from patchloom.errors import Cancelled  # noqa: E402
from patchloom.regions import distance  # noqa: E402
from patchloom.singan import one_scale  # noqa: E402
from patchloom.singan.growing import as_tensor, resized  # noqa: E402
from patchloom.singan.injecting import as_given, draw_for, injected  # noqa: E402
from patchloom.singan.networks import generated, padded  # noqa: E402
from patchloom.singan.quantise import centres_of, nearest  # noqa: E402
from patchloom.singan.sample import levels_of, sizes_for  # noqa: E402
from test_tasks import kinds  # noqa: E402

TINY = singan.SinGANParams(min_size=12, iterations=2, channels=4, ratio=0.6)
CPU = {"device": "cpu", "threads": 1}
PART = np.zeros((40, 52), bool)
PART[12:20, 20:30] = True


def trained(picture: Any, params: singan.SinGANParams = TINY) -> singan.Model:
    return singan.train(picture, params=params, seed=3, **CPU)


@lru_cache(maxsize=1)
def model() -> singan.Model:
    return trained(make_picture(40, 52, 3))


@lru_cache(maxsize=1)
def small() -> singan.Model:
    """Of a picture that training made smaller: 20 x 26."""
    return trained(make_picture(40, 52, 3), replace(TINY, max_size=26))


def other(picture: Any) -> Any:
    """The same with a piece of it turned around."""
    made = np.asarray(picture).copy()
    made[12:20, 20:30] = made[12:20, 20:30][::-1, ::-1]
    return made


@pytest.mark.parametrize("name", sorted(kinds()))
def test_beyond_the_feather_all_stays_as_it_came(name: str) -> None:
    """To the last bit, in every type, and inside it changes."""
    picture = kinds()[name]
    of = trained(picture, replace(TINY, ratio=0.5, iterations=1))
    made = singan.harmonise(of, picture, PART, start_scale=1, dilate=2, feather=3, seed=1, **CPU).image
    before, after = np.asarray(picture), np.asarray(made)
    assert (before.dtype, before.shape) == (after.dtype, after.shape)
    assert type(made) is type(picture) or made.mode == picture.mode
    far = distance(PART, 10) > 2
    far &= distance(~far, 10) > 3
    np.testing.assert_array_equal(before[far], after[far])
    assert (before[PART] != after[PART]).any()


def test_the_mask_grows_and_softens() -> None:
    picture = make_picture(40, 52, 3)
    changed = {}
    for dilate, feather in ((0, 0), (4, 0), (4, 4)):
        made = singan.harmonise(model(), picture, PART, dilate=dilate, feather=feather, seed=1, **CPU).image
        changed[dilate, feather] = (made != picture).any(axis=2)
    assert not changed[0, 0][~PART].any()
    assert changed[0, 0][PART].mean() > 0.9
    near = distance(PART, 20)
    assert not changed[4, 0][near > 4].any()
    assert changed[4, 0][near <= 4].mean() > 0.9
    assert changed[4, 4][(near > 4) & (near < 8)].any()
    assert not changed[4, 4][near >= 10].any()


def test_within_the_mask_it_is_what_the_scales_make() -> None:
    """Against the recipe, step by step: down to the scale before, up again, then each scale with its noise."""
    picture, start = make_picture(40, 52, 3, seed=5), 2
    made = singan.harmonise(model(), picture, PART, start_scale=start, dilate=0, feather=0, seed=9, **CPU).image
    device = torch.device("cpu")
    levels, sizes, ratio = levels_of(model(), device), model().sizes, model().ratio
    draw = draw_for(model(), 9, device, 1)
    now = resized(as_tensor(as_image(picture)[0], device), sizes[start - 1], ratio ** (len(sizes) - start))
    for scale in range(start, len(sizes)):
        now = resized(now, sizes[scale], 1 / ratio)
        with torch.no_grad():
            now = generated(levels[scale].generator, levels[scale].amplitude * draw(scale, sizes[scale]), padded(now))
    values = np.clip((now.numpy()[0].transpose(1, 2, 0) + 1) / 2, 0, 1)
    np.testing.assert_allclose(made[PART], values[PART] * 255, atol=0.51)
    np.testing.assert_array_equal(made[~PART], picture[~PART])


def test_what_enters_is_brought_to_the_scale_before() -> None:
    """So nothing finer than that scale is seen of it: a picture and its small copy give nearly the same."""
    picture = as_tensor(as_image(make_picture(40, 52, 3, seed=5))[0], torch.device("cpu"))
    levels, sizes = levels_of(model(), torch.device("cpu")), model().sizes
    draw = draw_for(model(), 1, torch.device("cpu"), 1)
    copy = resized(picture, sizes[1], model().ratio ** (len(sizes) - 2))
    one, two = (injected(model(), levels, each, (40, 52), 2, draw) for each in (picture, copy))
    torch.testing.assert_close(one, two)


@pytest.mark.parametrize("make", [
    lambda seed: singan.harmonise(model(), make_picture(40, 52, 3, 2), PART, seed=seed, **CPU),
    lambda seed: singan.edit(model(), make_picture(40, 52, 3, 2), PART, seed=seed, **CPU),
    lambda seed: singan.paint(model(), make_picture(30, 30, 3, 2), seed=seed, **CPU),
    lambda seed: singan.paint(model(), make_picture(30, 30, 3, 2), quantise=True, seed=seed, **CPU),
], ids=["harmonise", "edit", "paint", "quantised"])
def test_a_seed_means_a_picture_and_leaves_torchs_generator_alone(make: Any) -> None:
    before = torch.get_rng_state()
    one, again, two = make(1), make(1), make(2)
    assert (one.seed, two.seed) == (1, 2)
    np.testing.assert_array_equal(one.image, again.image)
    assert (np.asarray(one.image) != np.asarray(two.image)).any()
    assert torch.equal(before, torch.get_rng_state())


def test_later_scales_change_less() -> None:
    picture = make_picture(40, 52, 3)
    errors = []
    for start in range(1, len(model().scales)):
        made = singan.paint(model(), picture, start_scale=start, seed=1, **CPU).image
        errors.append(float(((made.astype(float) - picture) ** 2).mean()))
    assert errors == sorted(errors, reverse=True)


def test_defaults_are_the_papers_and_the_scales_told() -> None:
    for function, dilate, back in ((singan.harmonise, 7, 1), (singan.edit, 20, 2)):
        defaults = inspect.signature(function).parameters
        assert (defaults["dilate"].default, defaults["feather"].default) == (dilate, 10)
        picture = make_picture(40, 52, 3, 2)
        told = function(model(), picture, PART, start_scale=len(model().scales) - 1 - back, seed=1, **CPU)
        np.testing.assert_array_equal(function(model(), picture, PART, seed=1, **CPU).image, told.image)
    told, usual = (singan.paint(model(), picture, start_scale=start, seed=1, **CPU).image for start in (2, None))
    np.testing.assert_array_equal(told, usual)


def test_an_edit_is_found_where_it_differs() -> None:
    """Also in a picture of the size that training made of it."""
    picture = make_picture(40, 52, 3)
    crude = other(picture)
    made = singan.edit(model(), crude, dilate=3, feather=2, seed=1, **CPU).image
    near = distance((crude != picture).any(axis=2), 30)
    np.testing.assert_array_equal(made[near > 8], crude[near > 8])
    assert (made[PART] != crude[PART]).any()
    there = np.round(small().image * 255).astype(np.uint8)
    there[5:10, 5:12] = 255 - there[5:10, 5:12]
    made = singan.edit(small(), there, dilate=2, feather=0, seed=1, **CPU).image
    np.testing.assert_array_equal(made[:, 18:], there[:, 18:])
    assert (made[5:10, 5:12] != there[5:10, 5:12]).any()


def test_any_size_where_training_took_the_picture_as_it_was() -> None:
    wide, mask = make_picture(45, 90, 3, 2), np.zeros((45, 90), bool)
    mask[5:15, 60:80] = True
    made = singan.harmonise(model(), wide, mask, dilate=1, feather=1, seed=1, **CPU).image
    assert made.shape == wide.shape
    np.testing.assert_array_equal(made[:, :56], wide[:, :56])
    assert (made[mask] != wide[mask]).any()


def test_an_opaque_alpha_comes_and_goes() -> None:
    rgb = make_picture(40, 52, 3, 2)
    rgba = np.concatenate([rgb, np.full((40, 52, 1), 255, np.uint8)], axis=2)
    plain = singan.harmonise(model(), rgb, PART, seed=1, **CPU).image
    made = singan.harmonise(model(), rgba, PART, seed=1, **CPU).image
    np.testing.assert_array_equal(made[..., :3], plain)
    assert (made[..., 3] == 255).all()
    full = trained(np.concatenate([make_picture(40, 52, 3), rgba[..., 3:]], axis=2))
    assert singan.harmonise(full, rgb, PART, seed=1, **CPU).image.shape == rgb.shape


def test_floats_of_any_range_keep_the_models_units() -> None:
    """What enters is seen in the units of the training picture, not stretched by its own extremes."""
    true = make_picture(40, 52, 3) * 3.0 - 200
    of = trained(true)
    part = np.clip(true, -150, 300)
    given = as_given(of, part, "composite")
    np.testing.assert_allclose(given.image, (part - true.min()) / (true.max() - true.min()), atol=1e-6)
    made = singan.harmonise(of, part, PART, dilate=0, feather=0, seed=1, **CPU).image
    np.testing.assert_array_equal(made[~PART], part[~PART])
    assert made[PART].min() >= true.min()
    assert made[PART].max() <= true.max()
    with pytest.raises(ImageError, match=r"^model=values from -200 to 565: floats must be within \[0, 1\] "):
        singan.harmonise(of, make_picture(40, 52, 3), PART, **CPU)


def test_a_painting_of_any_size_gives_the_models_kind() -> None:
    painting = make_picture(33, 21, 3, 7)
    made = singan.paint(model(), painting.astype(np.float32) / 255, seed=1, **CPU).image
    assert (made.dtype, made.shape) == (np.uint8, (40, 52, 3))
    assert singan.paint(model(), painting, size=(60, 30), seed=1, **CPU).image.shape == (60, 30, 3)


def test_quantising_trains_that_scale_alone() -> None:
    steps: list[singan.Step] = []
    made = singan.quantised(model(), start_scale=1, colours=4, iterations=3, on_step=steps.append, **CPU)
    assert [(step.scale, step.iteration, step.last) for step in steps] == [(1, 0, False), (1, 1, False), (1, 2, True)]
    assert len(made.model.scales[1].record) == 3
    for scale, (before, after) in enumerate(zip(model().scales, made.model.scales, strict=True)):
        assert (before is after) == (scale != 1)
    assert made.centres.shape == (4, 3)
    again = singan.quantised(model(), start_scale=1, colours=4, iterations=3, **CPU)
    for name, weight in again.model.scales[1].generator.items():
        assert torch.equal(weight, made.model.scales[1].generator[name])
    one = singan.paint(model(), make_picture(30, 30, 3), quantise=made, seed=4, **CPU).image
    two = singan.paint(model(), make_picture(30, 30, 3), start_scale=1, quantise=True, colours=4, iterations=3, seed=4,
                       **CPU).image
    np.testing.assert_array_equal(one, two)
    with pytest.raises(Cancelled):
        singan.quantised(model(), cancel=lambda: True, **CPU)


def test_what_was_quantised_is_of_the_same_model_read_again() -> None:
    """Not of another training of the same picture, though."""
    made = singan.quantised(model(), start_scale=1, iterations=1, **CPU)
    again = replace(model(), image=model().image.copy(), params=replace(model().params))
    one, two = (singan.paint(some, make_picture(30, 30, 3), quantise=made, seed=4, **CPU) for some in (model(), again))
    np.testing.assert_array_equal(one.image, two.image)
    for other in (replace(again, seed=4), replace(again, params=replace(TINY, iterations=3)),
                  replace(again, image=again.image[::-1]), replace(again, scales=again.scales[:-1])):
        with pytest.raises(ParameterError, match="^quantise=a scale of another model: must be of the one"):
            singan.paint(other, make_picture(30, 30, 3), quantise=made, seed=4, **CPU)


def test_looking_at_a_scale_in_training_is_repeatable_too() -> None:
    threads = []

    def look(step: singan.Step) -> None:
        torch.set_num_threads(2)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(one_scale, "weights_of", lambda network: threads.append(torch.get_num_threads()))
            assert step.model.scales
        assert torch.get_num_threads() == 2

    before = torch.get_num_threads()
    try:
        singan.quantised(model(), iterations=2, on_step=look, **CPU)
    finally:
        torch.set_num_threads(before)
    assert threads == [1, 1]


def test_a_model_of_another_machine_is_quantised_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for has in (True, False):
        monkeypatch.setattr("patchloom.singan.quantise.has_bfloat16", lambda device, has=has: has)
        other = replace(model(), precision="bfloat16")
        found.append(singan.quantised(other, iterations=2, **CPU).model.scales[2].generator["0.weight"])
    plain = singan.quantised(replace(model(), precision="float32"), iterations=2, **CPU).model.scales[2]
    assert not torch.equal(found[0], found[1])
    assert torch.equal(found[1], plain.generator["0.weight"])


def test_a_quantised_painting_has_the_pictures_colours() -> None:
    """What the generator sees: each pixel one of the centres, namely its nearest."""
    learned = singan.quantised(model(), colours=3, iterations=1, **CPU)
    picture = as_tensor(as_image(make_picture(20, 30, 3, 8))[0], torch.device("cpu"))
    seen = learned.through(picture)
    colours = np.unique(seen.numpy()[0].reshape(3, -1).T, axis=0)
    assert 1 < len(colours) <= 3
    far = ((picture.numpy()[0].transpose(1, 2, 0)[:, :, None] - learned.centres) ** 2).sum(axis=3)
    np.testing.assert_allclose(seen.numpy()[0].transpose(1, 2, 0), learned.centres[far.argmin(axis=2)], atol=1e-6)


def test_the_scale_is_trained_on_quantised_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random ones and the reconstruction's alike: no generator of that scale meets another colour."""
    seen = []

    def watching(generator: Any, noise: Any, previous: Any) -> Any:
        if noise.shape[-2:] == (sizes[2][0] + 10, sizes[2][1] + 10) and generator.training:
            seen.append(previous[..., 5:-5, 5:-5])
        return generated(generator, noise, previous)

    sizes = sizes_for(model(), (40, 52))
    monkeypatch.setattr(one_scale, "generated", watching)
    learned = singan.quantised(model(), start_scale=2, colours=3, iterations=2, **CPU)
    assert len(seen) == 2 * (TINY.critic_steps + 2 * TINY.generator_steps)
    for previous in seen:
        assert torch.equal(previous, nearest(previous, learned.centres))


def test_k_means() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.random((300, 3))
    sums = []
    for count in (1, 2, 4, 8, 16):
        centres = centres_of(pixels, count)
        far = ((pixels[:, None] - centres) ** 2).sum(axis=2)
        label = far.argmin(axis=1)
        assert centres.shape == (count, 3)
        for number in range(count):                       # each centre is the mean of its own pixels
            np.testing.assert_allclose(centres[number], pixels[label == number].mean(axis=0))
        sums.append(far.min(axis=1).sum())
    assert sums == sorted(sums, reverse=True)
    np.testing.assert_array_equal(centres_of(pixels, 8), centres_of(pixels, 8))


def test_k_means_finds_groups_that_are_far_apart() -> None:
    rng = np.random.default_rng(2)
    middles = np.array([[0.1, 0.1, 0.1], [0.9, 0.1, 0.5], [0.1, 0.9, 0.9], [0.9, 0.9, 0.1]])
    pixels = (middles[:, None] + 0.02 * (rng.random((4, 50, 3)) - 0.5)).reshape(-1, 3)
    found = centres_of(rng.permutation(pixels), 4)
    np.testing.assert_allclose(sorted(found.tolist()), sorted(middles.tolist()), atol=0.01)


def test_k_means_of_few_colours_is_those_colours() -> None:
    colours = np.array([[0.0, 0.25], [1.0, 0.25], [0.5, 0.75]])
    found = centres_of(np.repeat(colours, 7, axis=0), 5)
    np.testing.assert_array_equal(sorted(found.tolist()), sorted(colours.tolist()))
    np.testing.assert_array_equal(centres_of(np.full((9, 3), 0.3), 5), [[0.3, 0.3, 0.3]])


BAD = {
    "another size": (lambda: singan.harmonise(small(), make_picture(40, 52, 3), PART, **CPU), ImageError,
                     "composite=52 x 40 pixels: the model makes 26 x 20; bring picture and mask to that, or train with "
                     "a max_size of 52 or more"),
    "an unfinished model": (
        lambda: singan.edit(replace(model(), scales=model().scales[:3]), make_picture(40, 52, 3), PART, **CPU),
        ImageError, "edited=52 x 40 pixels: the model makes 29 x 22; bring picture and mask to that, or train the "
        "model to its end"),
    "too small": (lambda: singan.edit(model(), make_picture(10, 52, 3), **CPU), ImageError,
                  "edited=52 x 10 pixels: its sides must be at least 11; use a larger picture"),
    "an empty mask": (lambda: singan.harmonise(model(), make_picture(40, 52, 3), PART & False, **CPU), ImageError,
                      "mask=0 % of the picture: must cover a part; paint what is meant white, and the rest black"),
    "a full mask": (lambda: singan.edit(model(), make_picture(40, 52, 3), PART | True, **CPU), ImageError,
                    "mask=100 % of the picture: must cover a part; paint what is meant white, and the rest black"),
    "a mask of another size": (lambda: singan.edit(model(), make_picture(40, 52, 3), PART[1:], **CPU), ImageError,
                               "mask=52 x 39 pixels: must be 52 x 40; a mask has the size of its picture"),
    "no mask": (lambda: singan.harmonise(model(), make_picture(40, 52, 3), None, **CPU), ParameterError,
                "mask=None: must be a mask of what is to change; pass one"),
    "no edit": (lambda: singan.edit(model(), make_picture(40, 52, 3), **CPU), ImageError,
                "edited=the same pixels as the model's picture: must differ somewhere; pass the edit"),
    "nothing to compare": (lambda: singan.edit(model(), make_picture(50, 52, 3), **CPU), ParameterError,
                           "mask=None: edited is 52 x 50 pixels and the model's picture 52 x 40: where they differ "
                           "cannot be seen; pass a mask"),
    "the coarsest scale": (lambda: singan.paint(model(), make_picture(9, 9, 3), start_scale=0, **CPU), ParameterError,
                           "start_scale=0: must be a whole number, 1 to 4"),
    "no such scale": (lambda: singan.harmonise(model(), make_picture(40, 52, 3), PART, start_scale=5, **CPU),
                      ParameterError, "start_scale=5: must be a whole number, 1 to 4"),
    "one scale": (lambda: singan.paint(replace(model(), scales=model().scales[:1]), make_picture(9, 9, 3), **CPU),
                  ImageError, "model=1 scale: a picture can enter a model of two or more; train it further, or with a "
                  "smaller min_size"),
    "grey": (lambda: singan.paint(model(), make_picture(9, 9, 1), **CPU), ImageError,
             "painting=grey: the model's picture has colours; both must have the same; convert one of them"),
    "dilate": (lambda: singan.edit(model(), make_picture(40, 52, 3), PART, dilate=300, **CPU), ParameterError,
               "dilate=300: must be a whole number, 0 to 256"),
    "feather": (lambda: singan.edit(model(), make_picture(40, 52, 3), PART, feather=-1, **CPU), ParameterError,
                "feather=-1: must be a whole number, 0 to 256"),
    "colours": (lambda: singan.paint(model(), make_picture(9, 9, 3), quantise=True, colours=1, **CPU), ParameterError,
                "colours=1: must be a whole number, 2 to 64"),
    "iterations": (lambda: singan.paint(model(), make_picture(9, 9, 3), quantise=True, iterations=0, **CPU),
                   ParameterError, "iterations=0: must be a whole number, 1 to 100000; try 1"),
    "colours without": (lambda: singan.paint(model(), make_picture(9, 9, 3), colours=4, **CPU), ParameterError,
                        "colours=4: is of the training for quantise=True; leave it out"),
    "quantise": (lambda: singan.paint(model(), make_picture(9, 9, 3), quantise=5, **CPU), ParameterError,
                 "quantise=5: must be True, False or what singan.quantised made"),
    "another model": (lambda: singan.paint(model(), make_picture(9, 9, 3),
                                           quantise=singan.quantised(small(), iterations=1, **CPU), **CPU),
                      ParameterError, "quantise=a scale of another model: must be of the one that is passed; make it "
                      "with patchloom.singan.quantised"),
    "another scale": (lambda: singan.paint(model(), make_picture(9, 9, 3), start_scale=1,
                                           quantise=singan.quantised(model(), iterations=1, **CPU), **CPU),
                      ParameterError, "start_scale=1: the scale that was trained is 2; leave it out"),
    "size": (lambda: singan.paint(model(), make_picture(9, 9, 3), size=(7, 30), **CPU), ParameterError,
             "size=7 rows x 30 columns: sides must be 11 to 32768 pixels; try at least 11 on each side"),
    "no model": (lambda: singan.paint("model", make_picture(9, 9, 3), **CPU), ParameterError,
                 "model=str: must be a model of patchloom.singan; train one with patchloom.singan.train, or read one "
                 "with patchloom.io.load_model"),
}


@pytest.mark.parametrize("what", sorted(BAD))
def test_bad_input_is_one_line(what: str) -> None:
    call, error, message = BAD[what]
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == message
