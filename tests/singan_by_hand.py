"""A scale's two networks and the gradients of a training's steps, written out by hand in NumPy: no torch.

A network is followed forwards with a direction: every value comes with its derivative along a change of the input.
The way back then gives the derivatives of any sum of both, by every parameter. With the direction at zero that is the
usual gradient. With the penalty's derivative by the slope as the direction it is the penalty's own gradient, since the
slope times a direction is the derivative along it.

Arrays are (channels, rows, columns), float64.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Gradients: TypeAlias = dict[str, Array]

LEAK = 0.2
EPSILON = 1e-5                                            # added to a variance


class Both(NamedTuple):
    """A value and its derivative along the direction."""

    value: Array
    along: Array


def still(value: Array) -> Both:
    """Return a value that does not change."""
    return Both(value, np.zeros_like(value))


def mean(x: Array) -> Array:
    """Return each channel's mean."""
    return x.mean(axis=(1, 2), keepdims=True)


def total(x: Array) -> Array:
    """Return each channel's sum."""
    return x.sum(axis=(1, 2), keepdims=True)


def windows(x: Array) -> Array:
    """Return all 3 x 3 windows (channels, rows - 2, columns - 2, 3, 3)."""
    return np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))


def convolve(x: Array, weight: Array) -> Array:
    """Return the correlation of x with weight (out, in, 3, 3), without its border."""
    return np.tensordot(weight, windows(x), axes=((1, 2, 3), (0, 3, 4)))


def convolve_back(out: Array, weight: Array) -> Array:
    """Return the derivative by the input of the sum of ``out * convolve(input, weight)``."""
    wide = np.pad(out, ((0, 0), (2, 2), (2, 2)))
    return np.tensordot(weight[:, :, ::-1, ::-1], windows(wide), axes=((0, 2, 3), (0, 3, 4)))


def by_weight(x: Array, out: Array) -> Array:
    """Return the derivative by the weight of the sum of ``out * convolve(x, weight)``."""
    return np.tensordot(out, windows(x), axes=((1, 2), (1, 2)))


def normalise(x: Both, gain: Array, shift: Array) -> Both:
    """Return each channel with mean `shift` and standard deviation `gain`."""
    c, dc = (part - mean(part) for part in x)
    r = (mean(c * c) + EPSILON) ** -0.5
    dr = -(r**3) * mean(c * dc)
    gain, shift = gain[:, None, None], shift[:, None, None]
    return Both(gain * c * r + shift, gain * (dc * r + c * dr))


def normalise_back(x: Both, gain: Array, out: Both) -> tuple[Both, Array, Array]:
    """Return the derivatives by input, gain and shift of the sum of ``out * normalise(x, gain, shift)``."""
    size = x.value[0].size
    c, dc = (part - mean(part) for part in x)
    r, q = (mean(c * c) + EPSILON) ** -0.5, mean(c * dc)
    dr = -(r**3) * q
    by_gain = total(out.value * c * r + out.along * (dc * r + c * dr))
    by_shift = total(out.value)
    h, dh = (gain[:, None, None] * part for part in out)
    # Back through dh = dc r + c dr and h = c r, through dr = -r^3 q, q = mean(c dc) and r = (mean(c^2) + eps)^(-1/2):
    by_dr = total(dh * c)
    by_q = -(r**3) * by_dr
    by_r = total(dh * dc) + total(h * c) - 3 * r * r * q * by_dr
    by_square = -0.5 * r**3 * by_r
    by_c = dh * dr + h * r + (by_q * dc + 2 * by_square * c) / size
    by_dc = dh * r + by_q * c / size
    return Both(by_c - mean(by_c), by_dc - mean(by_dc)), by_gain.ravel(), by_shift.ravel()


def leaky(x: Both) -> Both:
    """Return what is positive, and a fifth of what is negative."""
    return leaky_back(x, x)


def leaky_back(x: Both, out: Both) -> Both:
    """Return the derivatives by the input of the sum of ``out * leaky(x)``."""
    slope = np.where(x.value > 0, 1.0, LEAK)
    return Both(slope * out.value, slope * out.along)


def kinds(weights: Gradients) -> list[str]:
    """Return what a network's layers are, by the names of its parameters: with or without normalisation."""
    block = ["convolve", "normalise", "leaky"] if "1.weight" in weights else ["convolve", "leaky"]
    return [*4 * block, "convolve"]


def forward(weights: Gradients, x: Both) -> tuple[Both, list[Both]]:
    """Return a network's output, and what each of its layers was given."""
    given = []
    for layer, kind in enumerate(kinds(weights)):
        given.append(x)
        if kind == "convolve":
            weight, bias = weights[f"{layer}.weight"], weights[f"{layer}.bias"]
            x = Both(convolve(x.value, weight) + bias[:, None, None], convolve(x.along, weight))
        elif kind == "normalise":
            x = normalise(x, weights[f"{layer}.weight"], weights[f"{layer}.bias"])
        else:
            x = leaky(x)
    return x, given


def backward(weights: Gradients, given: list[Both], out: Both) -> tuple[Both, Gradients]:
    """Return the derivatives by the input and by every parameter of the sum of ``out * output``."""
    found = {}
    for layer, kind in reversed(list(enumerate(kinds(weights)))):
        x = given[layer]
        if kind == "convolve":
            weight = weights[f"{layer}.weight"]
            found[f"{layer}.weight"] = by_weight(x.value, out.value) + by_weight(x.along, out.along)
            found[f"{layer}.bias"] = total(out.value).ravel()
            out = Both(convolve_back(out.value, weight), convolve_back(out.along, weight))
        elif kind == "normalise":
            out, found[f"{layer}.weight"], found[f"{layer}.bias"] = normalise_back(x, weights[f"{layer}.weight"], out)
        else:
            out = leaky_back(x, out)
    return out, found


def score(weights: Gradients, picture: Array) -> tuple[float, Array, Gradients]:
    """Return a critic's mean score, and its derivatives by the picture and by every parameter."""
    out, given = forward(weights, still(picture))
    by_input, by_weights = backward(weights, given, still(np.full_like(out.value, 1 / out.value.size)))
    return out.value.mean(), by_input.value, by_weights


def penalty(weights: Gradients, between: Array) -> tuple[float, Gradients]:
    """Return the mean of (slope - 1)^2 at a picture, and its derivatives by every parameter."""
    out, given = forward(weights, still(between))
    slope = backward(weights, given, still(np.ones_like(out.value)))[0].value
    norm = np.sqrt((slope * slope).sum(axis=0))
    direction = 2 * (norm - 1) / norm * slope / norm.size
    out, given = forward(weights, Both(between, direction))
    return ((norm - 1) ** 2).mean(), backward(weights, given, Both(0 * out.value, np.ones_like(out.value)))[1]


def critic_step(
    weights: Gradients, real: Array, fake: Array, share: float, weight: float
) -> tuple[tuple[float, ...], Gradients]:
    """Return (loss, real score, fake score, weighted penalty), and the loss's derivatives by each parameter."""
    real_score, _, real_part = score(weights, real)
    fake_score, _, fake_part = score(weights, fake)
    found, penalty_part = penalty(weights, share * real + (1 - share) * fake)
    loss = fake_score - real_score + weight * found
    gradient = {name: fake_part[name] - real_part[name] + weight * penalty_part[name] for name in weights}
    return (loss, real_score, fake_score, weight * found), gradient


def generated(weights: Gradients, noise: Array, previous: Array) -> tuple[Array, list[Both], Array]:
    """Return a generator's picture, what its layers were given, and its hyperbolic tangent."""
    out, given = forward(weights, still(noise + previous))
    bounded = np.tanh(out.value)
    return bounded + previous[:, 5:-5, 5:-5], given, bounded


def generator_step(
    generator: Gradients, critic: Gradients, random: tuple[Array, Array], rebuilding: tuple[Array, Array], real: Array,
    weight: float,
) -> tuple[tuple[float, ...], Gradients]:
    """Return (loss, fake score, squared error), and the loss's derivatives by each parameter of the generator.

    `random` and `rebuilding` are noise and previous picture, both padded by five.
    """
    fake, fake_given, fake_bounded = generated(generator, *random)
    made, made_given, made_bounded = generated(generator, *rebuilding)
    fake_score, by_fake, _ = score(critic, fake)
    error = ((made - real) ** 2).mean()
    by_made = weight * 2 * (made - real) / real.size
    parts = [
        backward(generator, given, still(by * (1 - bounded**2)))[1]
        for given, by, bounded in ((fake_given, -by_fake, fake_bounded), (made_given, by_made, made_bounded))
    ]
    gradient = {name: parts[0][name] + parts[1][name] for name in generator}
    return (weight * error - fake_score, fake_score, error), gradient
