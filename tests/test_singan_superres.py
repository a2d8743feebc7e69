"""Super-resolution: sizes, what stays as it was, and results larger than what fits into memory at once."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not on this machine: torch")

from conftest import make_picture  # noqa: E402
from patchloom import ImageError, ParameterError, singan  # noqa: E402
from patchloom.checks import as_image  # noqa: E402
from patchloom.resize import resize  # noqa: E402
from patchloom.singan import growing  # noqa: E402
from patchloom.singan.superres import sizes_towards  # noqa: E402
from test_tasks import kinds  # noqa: E402

TINY = replace(singan.PRESETS["superres"], min_size=14, iterations=8, channels=4, critic_steps=1)
CPU: dict[str, Any] = {"device": "cpu", "threads": 1}


def trained(picture: Any, params: singan.SinGANParams = TINY) -> singan.Model:
    return singan.train(picture, params=params, seed=3, **CPU)


@lru_cache(maxsize=1)
def model() -> singan.Model:
    return trained(make_picture(20, 26))


def larger(**given: Any) -> Any:
    return singan.superres(**{"model": model(), "factor": 2.0, "seed": 1, **CPU, **given}).image


def away(made: Any, low: Any) -> float:
    """Root mean squared difference of a result, made as small again, to the picture; on [0, 1]."""
    image, own = (as_image(one)[0] for one in (made, low))
    shrunk = resize(image, (own.shape[0], own.shape[1]))
    return float(np.sqrt(((shrunk - own) ** 2).mean()))


# Sizes

@pytest.mark.parametrize(
    ("factor", "steps"), [(1.05, 1), (1.26, 1), (1.5, 2), (2, 3), (2.5, 4), (3, 5), (4, 6), (8, 9), (10, 10)]
)
def test_as_many_steps_as_come_nearest(factor: float, steps: int) -> None:
    """Each enlarges by the same, to whole pixels, and the last is what was asked for."""
    sizes = sizes_towards(model(), factor)
    assert len(sizes) == steps
    assert sizes[-1] == (int(20 * factor + 0.5), int(26 * factor + 0.5))
    sides = np.array([(20, 26), *sizes])
    assert (np.diff(sides, axis=0) > 0).all()
    assert np.abs(sides - np.array([20, 26]) * factor ** (np.arange(steps + 1) / steps)[:, None]).max() <= 0.5


def test_it_has_the_size_that_was_asked_for() -> None:
    for factor, shape in ((1.3, (26, 34, 3)), (2, (40, 52, 3)), (2.7, (54, 70, 3))):
        assert larger(factor=factor).shape == shape


# What it is

def test_made_small_again_it_is_the_picture() -> None:
    """With so few iterations it drifts far, unless what it differs in is given back."""
    low = make_picture(20, 26)
    assert away(larger(), low) < 0.02
    assert away(larger(consistent=False), low) > 0.05


def test_without_a_generator_it_is_the_cubic() -> None:
    """A last convolution of zeros adds nothing: what remains is the enlarged picture, whatever noise there is."""
    scale = model().scales[-1]
    still = {name: torch.zeros_like(value) if name.startswith("12.") else value
             for name, value in scale.generator.items()}
    silent = replace(model(), scales=(*model().scales[:-1], replace(scale, generator=still)))
    wanted = model().image * 2 - 1
    for size in sizes_towards(model(), 2.0):
        wanted = resize(wanted, size)
    made = larger(model=silent, consistent=False).astype(float)
    assert np.abs(made - np.clip((wanted + 1) * 127.5, 0, 255)).max() <= 0.51


def test_a_flat_picture_stays_flat_up_to_its_edges() -> None:
    """The picture goes on beyond its edges, so that nothing shows there which does not elsewhere."""
    flat = np.full((20, 26, 3), 0.2, np.float32)
    last = replace(model().scales[-1], amplitude=0.0)
    made = larger(model=replace(model(), image=flat, scales=(*model().scales[:-1], last)), consistent=False)
    assert (made == made[0, 0]).all()


def test_a_seed_decides_all() -> None:
    assert (larger() == larger()).all()
    assert (larger() != larger(seed=2)).any()
    assert np.abs(larger().astype(float) - larger(threads=2)).max() <= 1       # torch's sums may differ in the last bit
    fresh = singan.superres(model(), factor=1.3, **CPU)
    assert (larger(factor=1.3, seed=fresh.seed) == fresh.image).all()


@pytest.mark.parametrize("name", ["grey array", "rgba array", "uint16 array", "float64 array of any range", "P", "LA"])
def test_it_is_of_the_pictures_kind(name: str) -> None:
    picture = kinds()[name]
    made = larger(model=trained(picture, replace(TINY, scales=2, iterations=1)), factor=1.26)
    assert type(made) is type(picture)
    assert getattr(made, "mode", None) == getattr(picture, "mode", None)
    pixels, own = np.asarray(made), np.asarray(picture)
    assert (pixels.dtype, pixels.shape) == (own.dtype, (50, 66, *own.shape[2:]))


def test_bands_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor do they to samples: a band needs five rows more on each side, and has them."""
    whole, sample = larger(), singan.sample(model(), size=(40, 52), seed=1, **CPU).image
    for values in (1, 4 * 52 * 7):
        monkeypatch.setattr(growing, "_BAND", values)
        assert np.abs(larger().astype(float) - whole).max() <= 1
        banded = singan.sample(model(), size=(40, 52), seed=1, **CPU).image
        assert np.abs(banded.astype(float) - sample).max() <= 1


# What is refused

@pytest.mark.parametrize("factor", [1, 1.01, 0.5, 65, "4", float("nan"), True])
def test_a_bad_factor_is_one_clear_line(factor: Any) -> None:
    with pytest.raises(ParameterError, match="^factor="):
        larger(factor=factor)


def test_a_model_of_a_smaller_version_is_refused() -> None:
    of = trained(make_picture(40, 52), replace(TINY, max_size=26, iterations=1))
    with pytest.raises(ImageError, match=r"^model=26 x 20 pixels of a picture of 52 x 40: must be trained on "):
        larger(model=of)


def test_one_scale_enlarges_nothing() -> None:
    of = trained(make_picture(20, 26), replace(TINY, scales=1, iterations=1))
    with pytest.raises(ImageError, match="^model=one trained scale: must have two"):
        larger(model=of)
    with pytest.raises(ParameterError, match="^model=str: "):
        larger(model="low.safetensors")


def test_of_many_megapixels_no_more_than_sides_allow() -> None:
    large = trained(make_picture(14, 1100), replace(TINY, min_size=12, max_size=1100, iterations=1, critic_steps=1))
    with pytest.raises(ParameterError, match=r"^factor=40: must be above 1, and at most 29\.7891 for this picture"):
        sizes_towards(large, 40)
