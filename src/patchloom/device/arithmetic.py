"""Arithmetic that is the same on every device: division, means, random numbers.

What decides a byte is integers, or single operations on floats that IEEE 754 rounds in one way only: each runs as a
kernel of its own, so that nothing is fused. Integers wrap; 64-bit ones stand for the native kernels' unsigned ones.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import torch

Tensor: TypeAlias = torch.Tensor

_WORD, _SIGN = 2**64, 2**63


def on(device: torch.device, values: Any, dtype: torch.dtype) -> Tensor:
    """Return an array, a list or a tensor as a tensor of that device and type."""
    if isinstance(values, torch.Tensor):
        return values.to(device, dtype)
    return torch.tensor(values, dtype=dtype, device=device)         # copies: arrays may be read-only


def trusted(device: torch.device) -> torch.device:
    """Return where to divide, to use float64 and to sort: the host in the place of MPS.

    That has no float64, divides in haste, and has sorted 64 bits and equal values wrongly on some macOS.
    """
    return torch.device("cpu") if device.type == "mps" else device


def divided(a: Tensor, b: Tensor) -> Tensor:
    """Return ``a / b``, correctly rounded.

    Both are tensors with at least one axis on one device: CUDA multiplies by the reciprocal of anything else.
    """
    home = trusted(a.device)
    return torch.div(a.to(home), b.to(home)).to(a.device)


def mean_of(total: Tensor, steps: float) -> Tensor:
    """Return whole sums as mean squared differences: int32 to float32, by way of float64."""
    home = trusted(total.device)
    whole = total.to(home).to(torch.float64)
    return torch.div(whole, on(home, [steps], torch.float64)).to(torch.float32).to(total.device)


def weigh(distance: Tensor, alpha: float) -> Tensor:
    """Return a factor per key patch from the reverse field's distances, as `search.completeness.weigh` does."""
    home = trusted(distance.device)
    below = distance.to(home).to(torch.float64) + alpha
    return torch.div(on(home, [1.0], torch.float64), below).to(torch.float32).to(distance.device)


def hash_counter(seed: int, counter: Tensor) -> Tensor:
    """Return 64 random bits for each int64 counter: the twin of `numpy_kernels.hash_counter`, as int64."""
    z = (counter + 1) * _signed(0x9E3779B97F4A7C15) + _signed(seed)
    z = (z ^ shifted(z, 30)) * _signed(0xBF58476D1CE4E5B9)
    z = (z ^ shifted(z, 27)) * _signed(0x94D049BB133111EB)
    return z ^ shifted(z, 31)


def shifted(bits: Tensor, by: int) -> Tensor:
    """Shift 64 bits to the right, zeros coming in."""
    return (bits >> by) & ((1 << (64 - by)) - 1)


def draw(bits: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Return whole numbers of [low, high] from 32 random bits each; all int64."""
    return low + ((bits * (high - low + 1)) >> 32)


def quotient(a: Tensor, b: int) -> Tensor:
    """Return ``a // b`` of whole numbers that are not negative; MPS may divide them as float32, and is corrected."""
    return a // b if a.device.type != "mps" else _corrected(a, b)


def _corrected(a: Tensor, b: int) -> Tensor:
    """Return the same from divisions that are only nearly right: each leaves at most a rest that is 2**-20 as large."""
    found = torch.zeros_like(a)
    for _ in range(3):
        rest = a - found * b
        found += torch.floor(rest.to(torch.float32) / b).to(a.dtype)
    rest = a - found * b
    return found + (rest >= b).to(a.dtype) - (rest < 0).to(a.dtype)


def _signed(word: int) -> int:
    return (word + _SIGN) % _WORD - _SIGN
