"""The two networks of a scale, and what one step of each minimises.

References
----------
Rott Shaham, Dekel, Michaeli, "SinGAN: Learning a Generative Model from a Single Natural Image"
(ICCV 2019), section 3; Gulrajani et al., "Improved Training of Wasserstein GANs" (NeurIPS 2017).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.nn import functional

from .devices import layout

Tensor: TypeAlias = Any
"""A torch tensor; pictures are (1, C, H, W) on [-1, 1]."""

BLOCKS = 5
"""Convolutions of 3 x 3 in each network: a receptive field of 11 x 11."""

PAD = BLOCKS
"""Pixels that a network takes off each side, and that pictures and noise are padded with once."""

_SPREAD = 0.02                                            # standard deviation of the weights that training begins with
_LEAK = 0.2                                               # of what is below zero that a leaky ReLU lets through


def body(
    channels: int, width: int, out: int, *, normalised: bool = True, device: torch.device | str = "cpu"
) -> nn.Sequential:
    """Return five convolutions, all but the last with a leaky ReLU, and batch normalisation before it.

    Parameters
    ----------
    channels, width, out : int
        Of the input, in between, and of the result.
    normalised : bool
        With batch normalisation: of one picture it takes away how much each feature varies over the picture.
    device : torch device or str
        Where its parameters are; they are float32, whatever torch's default is.

    Returns
    -------
    Sequential
        (1, channels, H + 10, W + 10) -> (1, out, H, W); its parameters are not set.
    """
    layers: list[Any] = []
    how: dict[str, Any] = {"device": device, "dtype": torch.float32}
    for block in range(BLOCKS):
        last = block == BLOCKS - 1
        sizes = channels if block == 0 else width, out if last else width
        layers.append(nn.utils.skip_init(nn.Conv2d, *sizes, 3, **how))
        if not last:
            layers += [nn.BatchNorm2d(width, **how)] * normalised + [nn.LeakyReLU(_LEAK)]
    return nn.Sequential(*layers)


def begin(network: nn.Sequential, seed: int) -> None:
    """Draw the parameters that training begins with: the same for a seed on every device.

    Without normalisation the inner convolutions keep the size of what they are given (He et al., "Delving
    Deep into Rectifiers", ICCV 2015); with it the size of their weights is of no matter, and is the paper's.
    """
    drawn = torch.Generator("cpu").manual_seed(seed % 2**63)
    empty = partial(torch.empty, dtype=torch.float32, device="cpu")
    normalised = any(isinstance(layer, nn.BatchNorm2d) for layer in network)
    with torch.no_grad():
        for layer in network:
            if isinstance(layer, nn.Conv2d):
                keeps = not normalised and layer is not network[-1]
                spread = math.sqrt(2 / ((1 + _LEAK**2) * 9 * layer.in_channels)) if keeps else _SPREAD
                layer.weight.copy_(empty(layer.weight.shape).normal_(0, spread, generator=drawn))
                most = 1 / math.sqrt(layer.in_channels * 9)
                layer.bias.copy_(empty(layer.bias.shape).uniform_(-most, most, generator=drawn))
            elif isinstance(layer, nn.BatchNorm2d):
                layer.weight.copy_(empty(layer.weight.shape).normal_(1, _SPREAD, generator=drawn))


def generated(generator: nn.Sequential, noise: Tensor, previous: Tensor) -> Tensor:
    """Return a scale's picture: what the generator adds to the picture of the scale before.

    Parameters
    ----------
    generator : Sequential
        Of the scale.
    noise : tensor (1, C, H + 10, W + 10)
        Padded and multiplied with the scale's amplitude.
    previous : tensor (1, C, H + 10, W + 10)
        The picture of the scale before, enlarged and padded; zeros at the coarsest.

    Returns
    -------
    tensor (1, C, H, W)
    """
    inner = previous[..., PAD:-PAD, PAD:-PAD]
    return torch.tanh(generator(noise + previous).to(noise.dtype)) + inner


def score(critic: nn.Sequential, picture: Tensor) -> Tensor:
    """Return the critic's mean over all patches of a picture: higher is more like the real one."""
    return critic(picture).to(picture.dtype).mean()


def gradient_penalty(critic: nn.Sequential, real: Tensor, fake: Tensor, share: float) -> Tensor:
    """Return how far the critic's slope is from 1 between two pictures: the mean over pixels of a squared difference.

    Parameters
    ----------
    critic : Sequential
        Of the scale.
    real, fake : tensor (1, C, H, W)
        The pictures; no gradient flows to them.
    share : float
        Of the real one, 0 to 1.

    Notes
    -----
    As in the paper's code, the slope at a pixel is that of the sum of the critic's map, and its
    norm is over the pixel's channels.
    """
    between = (share * real + (1 - share) * fake).detach().requires_grad_(True)
    slope = torch.autograd.grad(critic(between).to(between.dtype).sum(), between, create_graph=True)[0]
    return ((slope.norm(2, dim=1) - 1) ** 2).mean()


def reconstruction_error(made: Tensor, real: Tensor) -> Tensor:
    """Return the mean squared difference of two pictures."""
    return functional.mse_loss(made, real)


def critic_loss(critic: nn.Sequential, real: Tensor, fake: Tensor, share: float, weight: float) -> tuple[Tensor, ...]:
    """Return what a step of the critic minimises, and what it is made of.

    Parameters
    ----------
    critic : Sequential
        Of the scale.
    real, fake : tensor (1, C, H, W)
        The scale's picture, and a generated one without a gradient.
    share : float
        As for `gradient_penalty`.
    weight : float
        Of the penalty.

    Returns
    -------
    loss, real score, fake score, weighted penalty : tensor
        One number each.
    """
    real_score, fake_score = score(critic, real), score(critic, fake)
    penalty = weight * gradient_penalty(critic, real, fake, share)
    return fake_score - real_score + penalty, real_score, fake_score, penalty


def generator_loss(
    critic: nn.Sequential, fake: Tensor, made: Tensor, real: Tensor, weight: float
) -> tuple[Tensor, ...]:
    """Return what a step of the generator minimises, and what it is made of.

    Parameters
    ----------
    critic : Sequential
        Of the scale.
    fake, made : tensor (1, C, H, W)
        What the generator makes of random noise, and of the reconstruction's.
    real : tensor (1, C, H, W)
        The scale's picture.
    weight : float
        Of the reconstruction's error.

    Returns
    -------
    loss, fake score, mean squared error : tensor
        One number each.
    """
    fake_score, error = score(critic, fake), reconstruction_error(made, real)
    return weight * error - fake_score, fake_score, error


def padded(picture: Tensor) -> Tensor:
    """Return a picture with zeros around it, which networks take off again."""
    return functional.pad(picture, (PAD, PAD, PAD, PAD))


def weights_of(network: nn.Sequential) -> dict[str, Tensor]:
    """Return a copy of all parameters and running statistics, on the CPU, float32."""
    return {
        name: value.detach().to("cpu", torch.float32, copy=True).contiguous()
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def placed(network: nn.Sequential, device: torch.device) -> nn.Sequential:
    """Return a network on a device, its weights laid out in memory as they are used there fastest.

    Training and what is restored share it: another layout is another algorithm, and so other sums.
    """
    return network.to(device).to(memory_format=layout(device))


def restored(weights: Mapping[str, Tensor], channels: int, out: int, device: torch.device) -> nn.Sequential:
    """Return the network of some weights, ready for use."""
    network = body(channels, weights["0.weight"].shape[0], out)
    network.load_state_dict(dict(weights), strict=False)
    return placed(network, device).eval()
