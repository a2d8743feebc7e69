"""One step of the critic and one of the generator against gradients written out by hand (`singan_by_hand`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import singan_by_hand as hand

torch = pytest.importorskip("torch", reason="not on this machine: torch")

from patchloom.params import SinGANParams  # noqa: E402
from patchloom.singan.devices import repeatable  # noqa: E402
from patchloom.singan.networks import (  # noqa: E402
    begin,
    body,
    critic_loss,
    generated,
    generator_loss,
    gradient_penalty,
)
from patchloom.singan.one_scale import Course, ScaleTraining  # noqa: E402

SIZE = (14, 13)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Nets as small as these are the slower for threads."""
    with repeatable(torch.device("cpu"), 1):
        yield


def network(channels: int, width: int, out: int, seed: int, spread: float) -> Any:
    """A network in float64; `spread` widens its first weights, so that no gradient is next to nothing."""
    made = body(channels, width, out).double()
    begin(made, seed)
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for name, value in made.named_parameters():
            if value.ndim == 4:
                value *= spread
            elif name.endswith("bias"):
                value += torch.from_numpy(rng.normal(0, 0.1, value.shape))
    return made


def numbers(made: Any) -> hand.Gradients:
    return {name: value.detach().numpy().copy() for name, value in made.named_parameters()}


def tensor(array: hand.Array) -> Any:
    return torch.from_numpy(array)[None]


def pictures(channels: int, seed: int, count: int, more: int = 0) -> list[hand.Array]:
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, (channels, SIZE[0] + more, SIZE[1] + more)) for _ in range(count)]


def compare(made: Any, wanted: hand.Gradients) -> None:
    """Every parameter's gradient is the one wanted, within 1e-8 of its own size and of 1."""
    found = {name: value.grad.numpy() for name, value in made.named_parameters()}
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-8, atol=1e-10, err_msg=name)
    assert max(abs(value).max() for value in wanted.values()) > 1e-3


@pytest.mark.parametrize(("channels", "width", "spread", "weight"), [(3, 4, 10, 0.1), (2, 3, 1, 10.0), (1, 4, 20, 1.0)])
def test_a_step_of_the_critic(channels: int, width: int, spread: float, weight: float) -> None:
    critic = network(channels, width, 1, 5, spread)
    real, fake = pictures(channels, 1, 2)
    loss, *parts = critic_loss(critic, tensor(real), tensor(fake), 0.3, weight)
    loss.backward()
    values, gradients = hand.critic_step(numbers(critic), real, fake, 0.3, weight)
    np.testing.assert_allclose([float(loss.detach()), *(float(part.detach()) for part in parts)], values, rtol=1e-11)
    compare(critic, gradients)


@pytest.mark.parametrize(("channels", "width", "spread"), [(3, 4, 10), (2, 3, 1), (1, 4, 20)])
def test_the_penaltys_own_gradient(channels: int, width: int, spread: float) -> None:
    """Alone, so that no larger part hides it."""
    critic = network(channels, width, 1, 8, spread)
    real, fake = pictures(channels, 2, 2)
    gradient_penalty(critic, tensor(real), tensor(fake), 0.7).backward()
    for value in critic.parameters():                     # what the slope does not depend on has none
        value.grad = torch.zeros_like(value) if value.grad is None else value.grad
    compare(critic, hand.penalty(numbers(critic), 0.7 * real + (1 - 0.7) * fake)[1])


@pytest.mark.parametrize(("channels", "width", "spread", "weight"), [(3, 4, 10, 10.0), (2, 3, 1, 0.5), (1, 4, 20, 0.0)])
def test_a_step_of_the_generator(channels: int, width: int, spread: float, weight: float) -> None:
    generator, critic = network(channels, width, channels, 6, spread), network(channels, width, 1, 7, spread)
    real, = pictures(channels, 3, 1)
    noise, previous, fixed, below = pictures(channels, 4, 4, more=10)
    critic.requires_grad_(False)
    loss, *parts = generator_loss(
        critic, generated(generator, tensor(noise), tensor(previous)),
        generated(generator, tensor(fixed), tensor(below)), tensor(real), weight,
    )
    loss.backward()
    values, gradients = hand.generator_step(
        numbers(generator), numbers(critic), (noise, previous), (fixed, below), real, weight
    )
    np.testing.assert_allclose([float(loss.detach()), *(float(part.detach()) for part in parts)], values, rtol=1e-11)
    compare(generator, gradients)
    assert all(value.grad is None for value in critic.parameters())


@pytest.mark.parametrize("norm", ["none", "batch"])
def test_the_steps_that_train(norm: str) -> None:
    """In a training itself: these gradients, and Adam's first step by them, of every single parameter."""
    params = SinGANParams(min_size=11, channels=4, penalty=2.0, reconstruction=5.0, learning_rate=1e-3,
                          critic_norm=norm)
    real, = pictures(2, 7, 1)
    training = ScaleTraining(Course(params, 3, (tensor(real),), 0.8, torch.device("cpu")), ())
    training.generator.double(), training.critic.double()
    maps = pictures(2, 8, 4, more=10)
    random, rebuilding = (maps[0], maps[1]), (maps[2], maps[3])
    noise, previous, training._rebuilding, training._previous = map(tensor, maps)
    for trained, act in (
        (training.critic, lambda: training._critic_step(noise, previous, 0.6)),
        (training.generator, lambda: training._generator_step(noise, previous)),
    ):
        generator, critic = numbers(training.generator), numbers(training.critic)
        act()
        if trained is training.critic:
            before, wanted = critic, hand.critic_step(critic, real, hand.generated(generator, *random)[0], 0.6, 2.0)[1]
        else:
            before, wanted = generator, hand.generator_step(generator, critic, random, rebuilding, real, 5.0)[1]
        compare(trained, wanted)
        for name, value in trained.named_parameters():
            step = value.grad.numpy() / (np.abs(value.grad.numpy()) + 1e-8)
            np.testing.assert_allclose(value.detach().numpy(), before[name] - 1e-3 * step, rtol=1e-12, err_msg=name)


def test_the_reference_itself_against_differences() -> None:
    """Of loss values alone: the steps' gradients along a random direction of all parameters."""
    rng = np.random.default_rng(9)
    critic, generator = numbers(network(2, 3, 1, 3, 10)), numbers(network(2, 3, 2, 4, 10))
    real, fake = pictures(2, 5, 2)
    noise, previous, fixed, below = pictures(2, 6, 4, more=10)
    random, rebuilding = (noise, previous), (fixed, below)
    for weights, step in (
        (critic, lambda weights: hand.critic_step(weights, real, fake, 0.4, 1.0)),
        (generator, lambda weights: hand.generator_step(weights, critic, random, rebuilding, real, 10.0)),
    ):
        way = {name: rng.normal(size=value.shape) for name, value in weights.items()}
        ahead, behind = (
            step({name: value + sign * 1e-6 * way[name] for name, value in weights.items()})[0][0] for sign in (1, -1)
        )
        gradient = step(weights)[1]
        along = sum(float((gradient[name] * way[name]).sum()) for name in weights)
        assert (ahead - behind) / 2e-6 == pytest.approx(along, rel=1e-5)
