"""The training: the same every time, taken up again anywhere, and leaving all else as it was."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not on this machine: torch")

from patchloom import Cancelled, ParameterError, singan  # noqa: E402
from patchloom.singan.devices import repeatable  # noqa: E402
from patchloom.singan.growing import as_tensor  # noqa: E402
from patchloom.singan.model import LOSSES  # noqa: E402
from patchloom.singan.networks import weights_of  # noqa: E402
from patchloom.singan.one_scale import Course, ScaleTraining  # noqa: E402
from patchloom.singan.sample import levels_of  # noqa: E402
from patchloom.singan.train import begin_model  # noqa: E402

CPU = torch.device("cpu")
TINY = singan.SinGANParams(min_size=11, iterations=3, channels=4, critic_steps=2, generator_steps=1)
COUNT = 3                                                 # scales of a picture of 14 x 16


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Nets as small as these are the slower for threads."""
    with repeatable(CPU, 1):
        yield


@pytest.fixture(scope="module")
def source(make_picture: Any) -> Any:
    return make_picture(14, 16)


@pytest.fixture(scope="module")
def finished(source: Any) -> Any:
    """Every kept model of a training, in order."""
    return [step.model for step in steps(source)]


def steps(source: Any, params: Any = TINY, seed: int | None = 5, **more: Any) -> Iterator[Any]:
    return singan.steps(source, params=params, seed=seed, device="cpu", threads=1, **more)


def same_weights(one: Any, other: Any) -> bool:
    return one.keys() == other.keys() and all(bool((value == other[name]).all()) for name, value in one.items())


def same(one: Any, other: Any) -> bool:
    """Whether two models are equal to the bit."""
    assert (one.params, one.seed, one.precision, one.own_size) == (other.params, other.seed, other.precision,
                                                                   other.own_size)
    rest = [(model.unfinished.critic, model.unfinished.adam) if model.unfinished else ({}, {})
            for model in (one, other)]
    return (
        len(one.scales) == len(other.scales)
        and all(
            same_weights(a.generator, b.generator) and a.amplitude == b.amplitude and a.error == b.error
            and np.array_equal(a.record, b.record)
            for a, b in zip(one.scales, other.scales, strict=True)
        )
        and all(same_weights(a, b) for a, b in zip(*rest, strict=True))
    )


def first_scale(source: Any, params: Any = TINY, below: tuple[Any, ...] = (), seed: int = 5) -> ScaleTraining:
    model = begin_model(source, params=params, seed=seed, device="cpu")
    reals = tuple(as_tensor(real, CPU) for real in model.reals)
    return ScaleTraining(Course(params, seed, reals, model.ratio, CPU, model.precision), below)


# The same every time

@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("padding", ["zero", "noise"])
def test_a_seed_decides_every_bit(source: Any, precision: str, padding: str) -> None:
    params = replace(TINY, precision=precision, padding=padding, iterations=2, scales=2)
    torch.manual_seed(1)
    one = singan.train(source, params=params, seed=7, device="cpu", threads=1)
    torch.manual_seed(2)
    assert same(one, singan.train(source, params=params, seed=7, device="cpu", threads=1))
    other = singan.train(source, params=params, seed=8, device="cpu", threads=1)
    for a, b in zip(one.scales, other.scales, strict=True):
        assert not (a.generator["0.weight"] == b.generator["0.weight"]).any()


def test_a_model_knows_what_it_was_trained_with(source: Any, finished: Any) -> None:
    model = finished[-1]
    assert (model.params, model.seed, model.own_size, model.count) == (TINY, 5, (14, 16), COUNT)
    assert model.unfinished is None
    np.testing.assert_array_equal(model.image, source.astype(np.float32) / np.float32(255))
    drawn = singan.train(source, params=replace(TINY, iterations=1, scales=1), device="cpu", threads=1)
    again = singan.train(source, params=drawn.params, seed=drawn.seed, device="cpu", threads=1)
    assert same(drawn, again)                             # a fresh seed is kept


def test_a_larger_picture_is_trained_smaller(make_picture: Any) -> None:
    params = replace(TINY, max_size=20, iterations=1, scales=1)
    model = singan.train(make_picture(30, 40), params=params, seed=0, device="cpu", threads=1)
    assert (model.own_size, model.sizes) == ((30, 40), ((15, 20),))


# Nothing else changes

@pytest.mark.usefixtures("finished")                      # once torch has set what it sets at its first training
def test_torch_is_left_as_it_was(source: Any) -> None:
    """Its random state, its threads and its choice of algorithms: during, after, and with the steps left behind."""
    cudnn = torch.backends.cudnn
    torch.manual_seed(3)
    state, environment = torch.get_rng_state(), dict(os.environ)

    def check() -> None:
        assert (torch.get_num_threads(), cudnn.deterministic, cudnn.benchmark, torch.is_grad_enabled()) == before
        assert (cudnn.allow_tf32, torch.get_float32_matmul_precision()) == (True, "high")
        assert torch.get_default_dtype() == torch.float64
        assert (torch.get_rng_state() == state).all()
        assert dict(os.environ) == environment

    try:
        torch.set_num_threads(2)
        cudnn.benchmark = cudnn.allow_tf32 = True
        torch.set_float32_matmul_precision("high")
        torch.set_default_dtype(torch.float64)
        before = 2, cudnn.deterministic, True, True
        for number, step in enumerate(steps(source)):     # on one thread
            check()
            model = step.model
            check()
            if number == 4:                               # left behind within a scale
                break
        check()
        singan.sample(model, seed=1, device="cpu", threads=1)
        check()
        with pytest.raises(ZeroDivisionError):
            singan.train(source, params=TINY, seed=1, device="cpu", threads=1, on_step=lambda step: 1 // 0)
        check()
    finally:
        cudnn.benchmark = False
        torch.set_float32_matmul_precision("highest")
        torch.set_default_dtype(torch.float32)


@contextmanager
def defaults(dtype: Any) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@pytest.mark.parametrize("context", [
    torch.no_grad, torch.inference_mode, lambda: defaults(torch.float64), lambda: torch.autocast("cpu", torch.bfloat16),
    lambda: torch.device("meta"),
], ids=["no_grad", "inference_mode", "float64", "autocast", "another device"])
def test_what_the_caller_set_is_of_no_matter(source: Any, finished: Any, context: Any) -> None:
    """Neither to a training, begun or gone on with, nor to a sample."""
    expected = singan.sample(finished[-1], seed=1, device="cpu", threads=1).image
    with context():
        made = singan.train(source, params=TINY, seed=5, device="cpu", threads=1)
        again = singan.train(source, resume=finished[4], device="cpu", threads=1)
        sampled = singan.sample(finished[-1], seed=1, device="cpu", threads=1).image
    assert same(made, finished[-1])
    assert same(again, finished[-1])
    np.testing.assert_array_equal(sampled, expected)


# Taken up again

@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_from_any_iteration_on_it_ends_the_same(source: Any, finished: Any, precision: str) -> None:
    params = replace(TINY, precision=precision)
    kept = finished if precision == "float32" else [step.model for step in steps(source, params)]
    assert len(kept) == COUNT * TINY.iterations
    for number, model in enumerate(kept):
        rest = [step.model for step in steps(source, None, None, resume=model)]
        assert len(rest) == len(kept) - number - 1
        assert all(same(one, other) for one, other in zip(rest, kept[number + 1 :], strict=True))


def test_in_another_layout_it_ends_the_same(source: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on CUDA: all networks are laid out alike, and Adam's moments as they are."""
    monkeypatch.setattr("patchloom.singan.networks.layout", lambda device: torch.channels_last)
    params = replace(TINY, channels=8, most_channels=8)
    kept = [step.model for step in steps(source, params)]
    training = first_scale(source, params)
    training.take(kept[1].scales[0], kept[1].unfinished.critic, kept[1].unfinished.adam)
    network = levels_of(kept[-1], CPU)[1].generator
    for weights in (training.generator, training.critic, network):
        assert all(value.is_contiguous(memory_format=torch.channels_last) for value in weights.parameters()
                   if value.ndim == 4)
    for optimiser in training._optimisers:
        for parameter, state in optimiser.state.items():
            assert {state[part].stride() for part in ("exp_avg", "exp_avg_sq")} == {parameter.stride()}
    for model in kept[1:5]:                               # within a scale, and at its end
        assert same(singan.train(source, resume=model, device="cpu", threads=1), kept[-1])


def test_going_on_leaves_the_model_that_was_passed(source: Any, finished: Any) -> None:
    """Its optimisers' memory above all: the same model may be taken up twice."""
    model = finished[3]
    before = {name: value.clone() for name, value in model.unfinished.adam.items()}
    assert len(before) == 3 * (18 + 10)                  # a critic without normalisation has convolutions alone
    one = singan.train(source, resume=model, device="cpu", threads=1)
    assert same_weights(model.unfinished.adam, before)
    assert same(one, singan.train(source, resume=model, device="cpu", threads=1))
    assert singan.train(source, resume=one, device="cpu", threads=1) is one           # it was through


def test_an_early_end_is_kept_through_a_break(source: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patchloom.singan.schedule.WINDOW", 2)
    monkeypatch.setattr("patchloom.singan.one_scale.WINDOW", 2)
    params = replace(TINY, iterations=12, tolerance=0.9, decay_after=0.7, scales=2)
    whole = list(steps(source, params))
    assert [(step.scale, step.iteration) for step in whole] == [(scale, n) for scale in (0, 1) for n in range(6)]
    assert [step.iterations for step in whole[:6]] == [12, 12, 12, 6, 6, 6]            # no better after two windows
    kept = [step.model for step in steps(source, params)]
    for model in kept[:6]:
        assert same(singan.train(source, resume=model, device="cpu", threads=1), kept[-1])


# Steps

def test_steps_are_counted(source: Any) -> None:
    seen = list(steps(source))
    assert [(step.scale, step.iteration) for step in seen] == [(scale, n) for scale in range(3) for n in range(3)]
    assert {(step.scales, step.iterations) for step in seen} == {(3, 3)}
    assert [step.last_of_scale for step in seen] == 3 * [False, False, True]
    assert [step.last for step in seen] == 8 * [False] + [True]


def test_a_steps_model_is_a_copy(source: Any, finished: Any) -> None:
    """It is what is trained so far, and what comes later does not show in it."""
    for number, model in enumerate(finished):
        assert len(model.scales) == number // 3 + 1
        assert [len(scale.record) for scale in model.scales] == [3] * (number // 3) + [number % 3 + 1]
        assert bool(model.unfinished and model.unfinished.adam) == (number % 3 < 2)
    iterator = steps(source)
    early = [next(iterator).model for _ in range(4)]
    list(iterator)
    assert all(same(one, other) for one, other in zip(early, finished, strict=False))
    assert not same(finished[3], finished[4])


def test_what_is_through_stays(finished: Any) -> None:
    """The scales before never change, neither their weights nor their running statistics."""
    for number, model in enumerate(finished):
        for scale, kept in enumerate(model.scales[: number // 3]):
            assert same_weights(kept.generator, finished[-1].scales[scale].generator)


def test_the_scales_below_are_only_used(source: Any) -> None:
    below = first_scale(source)
    below.iterate()
    level = below.level()
    assert not level.generator.training
    before = weights_of(level.generator)
    training = first_scale(source, below=(level,))
    for _ in range(2):
        training.iterate()
    assert same_weights(weights_of(level.generator), before)
    assert not any(value.requires_grad or value.grad is None for value in level.generator.parameters())
    assert not same_weights(weights_of(training.generator), before)


def test_keeping_models_changes_nothing(source: Any, finished: Any) -> None:
    """Reading losses and models between the iterations is only looking."""
    for step in steps(source):
        if step.last:
            assert same(step.model, finished[-1])


def test_losses_are_the_records_last_line(source: Any) -> None:
    for step in steps(source):
        losses, record = step.losses, step.model.scales[-1].record
        assert tuple(losses) == LOSSES
        assert np.float32(list(losses.values())).tolist() == record[-1].tolist()
        assert np.isfinite(record).all()
        assert record.shape == (step.iteration + 1, 5)
        assert losses["error"] > 0
        assert losses["penalty"] > 0


def test_cancel_ends_it(source: Any) -> None:
    seen: list[Any] = []
    with pytest.raises(Cancelled, match="^cancelled: the training was asked to stop$"):
        singan.train(source, params=TINY, seed=5, device="cpu", threads=1, on_step=seen.append,
                     cancel=lambda: len(seen) == 4)
    assert len(seen) == 4


def test_nothing_is_done_before_the_first_step(source: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[begin_model.__module__], "ScaleTraining", None)
    iterator = steps(source)
    with pytest.raises(ParameterError, match=r"^seed=-1: must be a whole number, 0 to 2\*\*64 - 1$"):
        steps(source, seed=-1)                            # what was passed is checked at once
    with pytest.raises(TypeError):
        next(iterator)


# One scale

def test_a_scale_begins_as_the_one_before_ended(source: Any, finished: Any) -> None:
    """Where it is as wide; else with weights of its own."""
    before = finished[2]
    for channels in (4, 8):
        training = first_scale(source, replace(TINY, channels=channels, most_channels=channels))
        fresh = weights_of(training.generator), weights_of(training.critic)
        training.inherit(before.scales[0].generator, before.unfinished.critic)
        inherited = weights_of(training.generator), weights_of(training.critic)
        wanted = (before.scales[0].generator, before.unfinished.critic) if channels == 4 else fresh
        assert all(same_weights(a, b) for a, b in zip(inherited, wanted, strict=True))
        assert not same_weights(fresh[0], inherited[0]) or channels == 8


def test_the_second_scale_starts_there(source: Any, finished: Any) -> None:
    """With steps too small to see, it still has the first one's weights."""
    params = replace(TINY, learning_rate=1e-6, iterations=1, scales=2)
    first, second = singan.train(source, params=params, seed=5, device="cpu", threads=1).scales
    np.testing.assert_allclose(second.generator["0.weight"], first.generator["0.weight"], atol=1e-5)
    assert not (second.generator["1.running_mean"] == first.generator["1.running_mean"]).all()


def test_the_rate_falls_to_a_tenth(source: Any) -> None:
    training = first_scale(source, replace(TINY, iterations=4, decay_after=0.5, learning_rate=0.01))
    rates = []
    while not training.ended:
        training.iterate()
        rates.append([group["lr"] for optimiser in training._optimisers for group in optimiser.param_groups])
    assert rates == 2 * [[0.01, 0.01]] + 2 * [[pytest.approx(0.001)] * 2]


def test_each_network_is_moved_by_its_own_steps_alone(source: Any) -> None:
    training = first_scale(source)
    noise, previous = training.course.draw(0, training.size, 1), training._previous
    generator, critic = weights_of(training.generator), weights_of(training.critic)
    training._critic_step(noise, previous, 0.5)
    learnt = {name for name, _ in training.generator.named_parameters()}
    assert all((weights_of(training.generator)[name] == generator[name]).all() for name in learnt)
    assert all(value.grad is None for value in training.generator.parameters())
    moved = weights_of(training.critic)
    assert not (moved["0.weight"] == critic["0.weight"]).any()
    gradients = [value.grad.clone() for value in training.critic.parameters()]
    training._generator_step(noise, previous)
    assert all((value == moved[name]).all() for name, value in weights_of(training.critic).items())
    assert all((value.grad == kept).all() for value, kept in zip(training.critic.parameters(), gradients, strict=True))
    assert all(value.requires_grad for value in training.critic.parameters())
    assert not (weights_of(training.generator)["0.weight"] == generator["0.weight"]).any()


def test_running_statistics_follow_the_pictures(source: Any) -> None:
    """A tenth of each pass's: one of the critic's step, two of the generator's."""
    training = first_scale(source)
    noise, previous = training.course.draw(0, training.size, 1), training._previous
    wanted = torch.zeros(4), torch.ones(4)

    def after(*given: Any) -> tuple[Any, Any]:
        mean, variance = wanted
        for values in given:
            made = training.generator[0](values)[0].detach().flatten(1)
            mean, variance = 0.9 * mean + 0.1 * made.mean(dim=1), 0.9 * variance + 0.1 * made.var(dim=1)
        return mean, variance

    for act, given in (
        (lambda: training._critic_step(noise, previous, 0.5), [noise + previous]),
        (lambda: training._generator_step(noise, previous), [noise + previous, training._rebuilding]),
    ):
        wanted = after(*given)
        act()
        torch.testing.assert_close(training.generator[1].running_mean, wanted[0])
        torch.testing.assert_close(training.generator[1].running_var, wanted[1])


def test_steps_in_bfloat16_see_each_others_weights(source: Any) -> None:
    """Autocast keeps converted weights unless told not to: the second step's score must be of the moved critic."""
    scores = {}
    for precision in ("float32", "bfloat16"):
        for count in (1, 2):
            params = replace(TINY, precision=precision, critic_steps=count, learning_rate=0.01, critic_norm="batch")
            training = first_scale(source, params)
            training.iterate()
            scores[precision, count] = dict(zip(LOSSES, training.record()[-1], strict=True))["fake"]
    assert scores["bfloat16", 1] == pytest.approx(scores["float32", 1], abs=0.02)
    assert scores["bfloat16", 2] == pytest.approx(scores["float32", 2], abs=0.02)
    assert scores["float32", 2] < scores["float32", 1] - 0.1


def test_a_training_learns(source: Any) -> None:
    """Its reconstruction at least, in forty iterations."""
    params = replace(TINY, iterations=40, scales=1, channels=8, learning_rate=2e-3, reconstruction=100)
    model = singan.train(source, params=params, seed=1, device="cpu", threads=1)
    record = model.scales[0].record[:, LOSSES.index("error")]
    assert record[-3:].mean() < 0.5 * record[0]


def test_a_flat_picture_trains() -> None:
    """Without any variance nothing is divided by zero."""
    model = singan.train(np.full((16, 18, 3), 128, np.uint8), params=TINY, seed=1, device="cpu", threads=1)
    assert all(np.isfinite(scale.record).all() for scale in model.scales)
    assert all(bool(value.isfinite().all()) for scale in model.scales for value in scale.generator.values())


# Compiled

def without_a_compiler(network: Any) -> Any:
    from torch._dynamo.exc import TorchDynamoException

    def run(values: Any) -> Any:
        raise TorchDynamoException("No working C++ compiler found\n\nSet TORCHDYNAMO_VERBOSE=1 for more")

    return run


def not_at_all(network: Any) -> Any:
    raise RuntimeError("torch.compile is not supported on this Python")


@pytest.mark.parametrize(("compiling", "why"), [(without_a_compiler, "No working C++ compiler found"),
                                                (not_at_all, "torch.compile is not supported on this Python")])
def test_what_cannot_be_compiled_is_one_clear_line(
    source: Any, compiling: Any, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "compile", compiling)
    with pytest.raises(ParameterError) as caught:
        next(steps(source, compiled=True))
    assert str(caught.value) == (f"compiled=True: torch cannot compile here ({why}); install a compiler for it, or "
                                 "leave it out")


# Bad input

def test_going_on_with_something_else_is_one_clear_line(source: Any, finished: Any, make_picture: Any) -> None:
    model = finished[3]
    for given, message in (
        ({"seed": 6}, "seed=6: the training that goes on has 5; leave it out, or train anew"),
        ({"params": replace(TINY, iterations=4)},
         "iterations=4: the training that goes on has 3; leave it out, or train anew"),
        ({"image": make_picture(14, 16, seed=1)},
         "resume=a model of another picture: must be of the one that is passed; pass its own, or train anew"),
        ({"image": make_picture(14, 17)},
         "resume=a model of another picture: must be of the one that is passed; pass its own, or train anew"),
        ({"resume": "model.safetensors"},
         "resume=str: must be a model of patchloom.singan; read one with patchloom.io.load_model"),
    ):
        with pytest.raises(ParameterError) as caught:
            singan.steps(**{"image": source, "resume": model, "device": "cpu", "threads": 1, **given})
        assert str(caught.value) == message
    assert next(singan.steps(source, params=TINY, seed=5, resume=model, device="cpu", threads=1)).iteration == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"image": np.zeros((10, 40), np.uint8)},
         "image=40 x 10 pixels: its sides must be at least 11; use a larger picture"),
        ({"image": np.zeros((16, 18, 33), np.uint8)}, "image.shape=(16, 18, 33): must be (H, W) or (H, W, 1 to 32)"),
        ({"image": np.full((16, 18), np.nan)}, "image=288 values that are NaN or infinite: must be finite"),
        ({"image": "photo.png"}, "image=str"),
        ({"params": {"iterations": 3}}, "params=dict: must be SinGANParams; try patchloom.singan.PRESETS"),
        ({"params": replace(TINY, scales=9)}, "scales=9: 16 x 14 pixels have 1 to 3; "),
        ({"device": "tpu"}, "device='tpu': must be auto, cpu, cuda, cuda:NUMBER or mps"),
        ({"threads": -1}, "threads=-1: must be a whole number, 0 (all cores) to 1024"),
        ({"seed": 2**64}, "seed=18446744073709551616: must be a whole number"),
    ],
)
def test_bad_input_is_one_clear_line(source: Any, given: dict[str, Any], message: str) -> None:
    for function in (singan.steps, singan.train):
        with pytest.raises(ValueError) as caught:
            function(**{"image": source, "params": TINY, "seed": 1, "device": "cpu", "threads": 1, **given})
        assert str(caught.value).startswith(message)
        assert "\n" not in str(caught.value)
