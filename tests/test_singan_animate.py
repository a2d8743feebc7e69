"""Animation with a model: the walk in noise, loops, masks, and what frames are."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="not on this machine: torch")

from conftest import make_picture  # noqa: E402
from patchloom import ImageError, ParameterError, singan  # noqa: E402
from patchloom.errors import Cancelled  # noqa: E402
from patchloom.params.singan_tasks import LEAST_ALPHA  # noqa: E402
from patchloom.regions import feathered  # noqa: E402
from patchloom.singan.animate import Walk  # noqa: E402
from test_tasks import kinds  # noqa: E402

# As many steps as the paper has: with fewer, so short a training makes pictures that noise hardly changes.
TINY = replace(singan.PRESETS["paper"], min_size=12, iterations=2, channels=4, ratio=0.6)
CPU: dict[str, Any] = {"device": "cpu", "threads": 1}
MASK = np.zeros((20, 26), bool)
MASK[6:13, 8:18] = True


def trained(picture: Any, params: singan.SinGANParams = TINY) -> singan.Model:
    return singan.train(picture, params=params, seed=3, **CPU)


@lru_cache(maxsize=2)
def model(padding: str = "noise") -> singan.Model:
    return trained(make_picture(20, 26), replace(TINY, padding=padding))


def frames(**given: Any) -> Any:
    """Frames as float64 (N, H, W, C)."""
    made = singan.animate(**{"model": model(), "frames": 12, "seed": 1, **CPU, **given})
    return np.stack([np.asarray(frame) for frame in made.frames]).astype(float)


def drawn(seed: int) -> Any:
    """Fresh noise for each frame, float64."""
    return lambda frame: torch.from_numpy(np.random.default_rng([seed, frame]).normal(size=40))


# The walk

@given(st.floats(0, 1), st.floats(0, 0.99), st.integers(2, 12))
@settings(max_examples=30)
def test_the_walk_is_the_papers(alpha: float, beta: float, count: int) -> None:
    """Written out for z itself, around any reconstruction noise."""
    fresh, rest = drawn(1), drawn(2)(0)
    made = [rest + difference for difference in Walk(alpha, beta, count, False).differences(fresh, rest)]
    before, last = rest, 0.95 * rest + 0.05 * fresh(0)
    wanted = [last]
    for frame in range(1, count):
        step = beta * (last - before) + (1 - beta) * fresh(frame)
        before, last = last, alpha * rest + (1 - alpha) * (last + step)
        wanted.append(last)
    assert len(made) == count
    for one, other in zip(made, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


@given(st.floats(LEAST_ALPHA, 1), st.floats(0, 0.99), st.integers(2, 30))
@settings(max_examples=30)
def test_a_loop_is_one_walk_that_comes_round(alpha: float, beta: float, count: int) -> None:
    """Each frame follows from the two before it, the first from the last two."""
    walk, fresh = Walk(alpha, beta, count, True), drawn(3)
    made = list(walk.differences(fresh, drawn(2)(0)))
    assert len(made) == count
    for frame in range(count):
        last, before = made[frame - 1], made[frame - 2]
        step = beta * (last - before) + (1 - beta) * fresh(frame)
        torch.testing.assert_close(made[frame], (1 - alpha) * (last + step), rtol=1e-6, atol=1e-7)


# Frames

def test_the_last_frame_leads_back_to_the_first() -> None:
    """Not only in the noise: the step over the end is one of the others, and without a loop it is not."""
    steps = {}
    for loop in (True, False):
        made = frames(frames=30, loop=loop)
        steps[loop] = np.abs(np.roll(made, -1, axis=0) - made).mean(axis=(1, 2, 3))
    assert steps[True][-1] < 1.2 * steps[True][:-1].max()
    assert steps[False][-1] > 1.5 * steps[False][:-1].max()
    assert steps[True].min() > 0


def test_without_a_loop_it_begins_at_the_picture() -> None:
    rebuilt = np.asarray(singan.reconstruction(model(), **CPU)).astype(float)
    away = np.abs(frames(frames=30, loop=False) - rebuilt).mean(axis=(1, 2, 3))
    assert away[0] < 0.25 * away[10:].mean()


@pytest.mark.parametrize("padding", ["zero", "noise"])
def test_a_seed_decides_all(padding: str) -> None:
    given = {"model": model(padding), "frames": 4}
    assert (frames(**given) == frames(**given)).all()
    assert np.abs(frames(**given) - frames(**given, threads=2)).max() <= 1     # torch's sums may differ in the last bit
    assert (frames(**given) != frames(**given, seed=2)).mean() > 0.1
    fresh = singan.animate(model(padding), frames=2, **CPU)
    assert (frames(model=model(padding), frames=2, seed=fresh.seed) == np.stack(fresh.frames)).all()


def test_more_frames_go_on_as_fewer_do() -> None:
    """What a frame is depends on those before it, not on how many follow."""
    assert (frames(frames=9, loop=False)[:5] == frames(frames=5, loop=False)).all()


def test_later_scales_and_a_stronger_pull_move_less() -> None:
    spread = [frames(start_scale=scale).std(axis=0).mean() for scale in (0, 1)]
    assert spread[0] > spread[1] > 0
    assert frames(alpha=0.5).std(axis=0).mean() < spread[0]
    assert (frames(alpha=1.0) == frames(alpha=1.0)[0]).all()


def test_global_state_is_left_alone() -> None:
    torch.manual_seed(5)
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    frames(frames=2)
    assert (torch.random.get_rng_state() == before).all()
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("name", sorted(kinds()))
def test_frames_are_what_the_picture_was(name: str) -> None:
    """And beyond the feather they are the picture itself, to the last bit."""
    picture = kinds()[name]
    of = trained(picture, replace(TINY, scales=1, iterations=1))
    mask = np.zeros((40, 52), bool)
    mask[12:20, 20:30] = True
    made = singan.animate(of, frames=2, mask=mask, feather=3, seed=1, **CPU)
    assert made.image is made.frames[0]
    for frame in made.frames:
        assert type(frame) is type(picture)
        assert getattr(frame, "mode", None) == getattr(picture, "mode", None)
        pixels, own = np.asarray(frame), np.asarray(picture)
        assert (pixels.shape, pixels.dtype) == (own.shape, own.dtype)
        away = feathered(mask, 3) == 0
        if name in ("float64 array of any range", "F"):   # the model keeps them on [0, 1], as float32
            np.testing.assert_allclose(pixels[away], own[away], atol=1e-4)
        else:
            assert (pixels[away] == own[away]).all()


# Masks

def test_a_mask_keeps_the_rest() -> None:
    own = make_picture(20, 26)
    made = frames(mask=MASK, feather=2)
    away = feathered(MASK, 2) == 0
    assert (made[:, away] == own[away]).all()
    assert (made[:, MASK] == frames()[:, MASK]).all()
    assert (made[:, MASK] != own[MASK]).any()


def test_a_mask_may_have_the_size_that_the_picture_had() -> None:
    of = trained(make_picture(40, 52), replace(TINY, max_size=26))
    large = np.kron(MASK, np.ones((2, 2), bool))
    assert (frames(model=of, mask=large) == frames(model=of, mask=MASK)).all()


def test_a_stopped_training_moves_as_large_as_it_is() -> None:
    first = next(step.model for step in singan.steps(make_picture(20, 26), params=TINY, seed=3, **CPU)
                 if step.scale == 1 and step.last_of_scale)
    assert frames(model=first).shape == (12, *first.sizes[1], 3)


# How it goes on, and what is refused

def test_it_tells_and_stops() -> None:
    told: list[int] = []
    frames(frames=3, on_step=told.append)
    assert told == [1, 2, 3]
    with pytest.raises(Cancelled):
        frames(on_step=told.append, cancel=lambda: len(told) == 5)
    assert told == [1, 2, 3, 1, 2]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"frames": 1}, "frames=1: must be a whole number, 2 to 1000"),
        ({"frames": 2.5}, "frames=2.5: must be a whole number"),
        ({"start_scale": 3}, "start_scale=3: must be a whole number, 0 to 2"),
        ({"alpha": 1.1}, "alpha=1.1: must be a number, 0 to 1"),
        ({"beta": 1}, "beta=1: must be a number, 0 to 0.99"),
        ({"alpha": 0}, "alpha=0: must be at least 0.01 for a loop; "),
        ({"feather": -1, "mask": MASK}, "feather=-1: must be a whole number, 0 to 256"),
        ({"device": "gpu"}, "device='gpu': must be auto"),
    ],
)
def test_bad_numbers_are_one_clear_line(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        frames(**given)
    assert str(caught.value).startswith(message)


def test_bad_masks_and_models_are_one_clear_line() -> None:
    with pytest.raises(ImageError, match="^mask=0 % of the picture: "):
        frames(mask=MASK & False)
    with pytest.raises(ImageError, match="^mask=52 x 40 pixels: must be 26 x 20; "):
        frames(mask=np.kron(MASK, np.ones((2, 2), bool)))
    with pytest.raises(ParameterError, match="^model=str: "):
        frames(model="lake.safetensors")
