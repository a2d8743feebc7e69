"""The training of one scale: two networks, their optimisers, and what an iteration does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ..params import SinGANParams
from ..search.patchmatch import mix
from ..types import Size
from .devices import compiled, computing, fuses_adam
from .growing import Draw, Level, grown, resized
from .model import Scale
from .networks import (
    Tensor,
    begin,
    body,
    critic_loss,
    generated,
    generator_loss,
    padded,
    placed,
    reconstruction_error,
    weights_of,
)
from .scales import width_at
from .schedule import WINDOW, schedule

_CRITIC, _GENERATOR, _RECONSTRUCTION, _BELOW, _SHARE, _NOISE = range(6)   # what a seed is drawn for


@dataclass(frozen=True, eq=False)
class Course:
    """What does not change during a training.

    Attributes
    ----------
    params : SinGANParams
        The numbers.
    seed : int
        Decides everything random.
    reals : tuple of tensor
        The picture at all scales, coarsest first, on the device.
    ratio : float
        Size of a scale relative to the next finer one.
    device : torch device
        Where the work is.
    precision : {"float32", "bfloat16"}
        Of the convolutions.
    compiled : bool
        The generators go through `torch.compile`.
    threads : int
        To draw noise with.
    """

    params: SinGANParams
    seed: int
    reals: tuple[Tensor, ...]
    ratio: float
    device: torch.device
    precision: str = "float32"
    compiled: bool = False
    threads: int = 1

    @property
    def sizes(self) -> tuple[Size, ...]:
        """Of all scales."""
        return tuple((real.shape[-2], real.shape[-1]) for real in self.reals)

    @property
    def draw(self) -> Draw:
        """What noise is drawn with."""
        around = self.params.padding == "noise"
        return Draw(self.seed, self.reals[0].shape[1], around, self.device, self.threads)

    def width(self, scale: int) -> int:
        """Return the channels of a scale's networks: doubled every four scales."""
        return width_at(self.params, scale)

    def reconstruction_noise(self, scale: int, size: Size) -> Tensor:
        """Return the noise that makes the picture itself: a fixed map at the coarsest scale, zeros after it."""
        fixed = self.draw(0, self.sizes[0], _RECONSTRUCTION)
        if scale == 0:
            return fixed
        more = fixed.shape[-2] - self.sizes[0][0], fixed.shape[-1] - self.sizes[0][1]
        return fixed.new_zeros(1, fixed.shape[1], size[0] + more[0], size[1] + more[1])


def _same(picture: Tensor) -> Tensor:
    return picture


class ScaleTraining:
    """The two networks of a scale, as far as they are trained.

    Parameters
    ----------
    course : Course
        Of the whole training.
    below : tuple of Level
        The scales before.
    through : callable, optional
        What is done to pictures of the scale before, once they are enlarged.
    """

    def __init__(
        self, course: Course, below: tuple[Level, ...], through: Callable[[Tensor], Tensor] = _same
    ) -> None:
        self.course, self.below, self.scale = course, below, len(below)
        self.real, self.size = course.reals[self.scale], course.sizes[self.scale]
        channels, width = self.real.shape[1], course.width(self.scale)
        self._through = through
        critic = body(channels, width, 1, normalised=course.params.critic_norm == "batch")
        self.generator = placed(body(channels, width, channels), course.device).train()
        self.critic = placed(critic, course.device).train()
        for network, what in ((self.generator, _GENERATOR), (self.critic, _CRITIC)):
            begin(network, mix(course.seed, self.scale, what))
        self._generate = compiled(self.generator) if course.compiled else self.generator
        self._optimisers = [
            torch.optim.Adam(network.parameters(), lr=course.params.learning_rate,
                             betas=(course.params.momentum, 0.999), fused=fuses_adam(course.device))
            for network in (self.generator, self.critic)
        ]
        self._losses: list[Tensor] = []
        self._recorded = np.zeros((0, 5), np.float32)
        self.schedule = schedule(self._recorded[:, -1], course.params)
        enlarged = self._enlarged(course.reconstruction_noise)
        error = float(reconstruction_error(enlarged, self.real).sqrt())
        self.amplitude = course.params.noise * error if below else 1.0
        self._previous = padded(through(enlarged))
        self._rebuilding = self.amplitude * course.reconstruction_noise(self.scale, self.size)

    def _enlarged(self, noise: Callable[[int, Size], Tensor]) -> Tensor:
        """Return the picture of the scale before at this scale's size; zeros at the coarsest."""
        if not self.below:
            return torch.zeros_like(self.real)
        picture = grown(self.below, self.course.sizes, noise, ratio=self.course.ratio)
        return resized(picture, self.size, 1 / self.course.ratio)

    @property
    def iteration(self) -> int:
        """How many are done."""
        return len(self._recorded) + len(self._losses)

    @property
    def ended(self) -> bool:
        """Whether all iterations are done."""
        return self.iteration >= self.schedule.end

    def iterate(self) -> None:
        """Do one iteration: steps of the critic, then steps of the generator."""
        course, count = self.course, self.iteration
        for optimiser in self._optimisers:
            for group in optimiser.param_groups:
                group["lr"] = course.params.learning_rate * self.schedule.rate(count)
        with computing(course.device, course.precision):
            noise = self.amplitude * course.draw(self.scale, self.size, _NOISE, count)
            for step in range(course.params.critic_steps):
                previous = self._drawn_below(count, step)
                share = mix(course.seed, _SHARE, self.scale, count, step) / 2**64
                judged = self._critic_step(noise, previous, share)
            for _ in range(course.params.generator_steps):
                made = self._generator_step(noise, previous)
        self._losses.append(torch.stack([*judged, *made]))
        if self.iteration % WINDOW == 0:
            self.schedule = schedule(self.record()[:, -1], course.params)

    def _drawn_below(self, iteration: int, step: int) -> Tensor:
        """Return a random picture of the scale before, enlarged and padded."""

        def noise(scale: int, size: Size) -> Tensor:
            return self.course.draw(scale, size, _BELOW, self.scale, iteration, step)

        return padded(self._through(self._enlarged(noise)))

    def _critic_step(self, noise: Tensor, previous: Tensor, share: float) -> tuple[Tensor, ...]:
        with torch.no_grad():
            fake = generated(self._generate, noise, previous)
        optimiser = self._optimisers[1]
        optimiser.zero_grad()
        loss, *parts = critic_loss(self.critic, self.real, fake, share, self.course.params.penalty)
        loss.backward()
        optimiser.step()
        return tuple(part.detach() for part in parts)

    def _generator_step(self, noise: Tensor, previous: Tensor) -> tuple[Tensor, ...]:
        """Do a step with a picture made anew: the generator has changed since the last."""
        optimiser = self._optimisers[0]
        optimiser.zero_grad()
        self.critic.requires_grad_(False)
        fake = generated(self._generate, noise, previous)
        made = generated(self._generate, self._rebuilding, self._previous)
        loss, fake_score, error = generator_loss(self.critic, fake, made, self.real, self.course.params.reconstruction)
        loss.backward()
        self.critic.requires_grad_(True)
        optimiser.step()
        return fake_score.detach(), error.detach().sqrt() / 2   # on [0, 1]

    def record(self) -> npt.NDArray[np.float32]:
        """Return what `LOSSES` names for each iteration so far."""
        if self._losses:
            more = torch.stack(self._losses).float().cpu().numpy()
            self._recorded, self._losses = np.concatenate([self._recorded, more]), []
        return self._recorded

    def level(self) -> Level:
        """Return the scale as it is used by the next ones: its networks stay as they are from now on."""
        return Level(self.generator.eval().requires_grad_(False), self.amplitude)

    def made(self) -> Scale:
        """Return a copy of the scale as far as it is trained."""
        self.generator.eval()
        with torch.no_grad():
            rebuilt = generated(self.generator, self._rebuilding, self._previous)
            error = float(reconstruction_error(rebuilt, self.real).sqrt()) / 2
        self.generator.train(not self.ended)
        return Scale(weights_of(self.generator), self.amplitude, self.record(), error)

    def moments(self) -> dict[str, Tensor]:
        """Return a copy of what the optimisers remember."""
        found = {}
        for name, optimiser in zip(("generator", "critic"), self._optimisers, strict=True):
            for index, state in optimiser.state_dict()["state"].items():
                for part, value in state.items():
                    found[f"{name}.{index}.{part}"] = value.detach().to("cpu", torch.float32, copy=True).contiguous()
        return found

    def take(self, scale: Scale, critic: Any, adam: Any) -> None:
        """Go on from where a training was: networks, optimisers and record."""
        self.inherit(scale.generator, critic)
        self._recorded = scale.record
        self.schedule = schedule(self._recorded[:, -1], self.course.params)
        for name, optimiser in zip(("generator", "critic"), self._optimisers, strict=True):
            state = {}
            for index, parameter in enumerate(optimiser.param_groups[0]["params"]):
                own = {part: adam[f"{name}.{index}.{part}"] for part in ("step", "exp_avg", "exp_avg_sq")}
                # In the parameter's layout: a fused step takes both to be laid out alike.
                state[index] = {part: value.clone() if part == "step" else torch.empty_like(parameter).copy_(value)
                                for part, value in own.items()}
            optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})

    def inherit(self, generator: Any, critic: Any) -> None:
        """Take the weights of other networks, if these are as wide."""
        if generator["0.weight"].shape == self.generator[0].weight.shape:
            self.generator.load_state_dict(generator, strict=False)
            self.critic.load_state_dict(critic, strict=False)
