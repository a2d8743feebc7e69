"""Where torch computes, and how it is kept to the same results every time."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch

from ..checks import as_threads
from ..errors import ParameterError, explain

DEVICES = ("auto", "cpu", "cuda", "mps")


def as_device(name: Any) -> torch.device:
    """Return the device of a name; ``auto`` is the first of CUDA, MPS and CPU that is there.

    Raises
    ------
    ParameterError
        If the name is another, or the device is not there.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, found in there.items() if found))
    asked = re.fullmatch(r"(cpu|cuda|mps)(?::([0-9]{1,2}))?", str(name))       # torch takes cuda:256 for cuda:0
    if asked is None:
        raise ParameterError(explain("device", repr(name), "must be auto, cpu, cuda, cuda:NUMBER or mps"))
    kind, number = asked[1], int(asked[2] or 0)
    if not there[kind] or number >= (torch.cuda.device_count() if kind == "cuda" else 1):
        raise ParameterError(explain("device", repr(name), "is not on this machine", "try auto or cpu"))
    return torch.device(str(name))


def as_precision(asked: str, device: torch.device) -> str:
    """Return float32 or bfloat16: what was asked for; ``auto`` is the latter where the device computes in it."""
    if asked != "auto":
        return asked
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.get_device_capability(device) >= (8, 0) else "float32"
    if device.type == "cpu":
        tells = getattr(torch.cpu, "_is_avx512_bf16_supported", None)          # not there in the oldest versions
        return "bfloat16" if tells is not None and tells() else "float32"
    return "float32"


def computing(device: torch.device, precision: str) -> AbstractContextManager[Any]:
    """Return the context in which a device's convolutions have a precision of `as_precision`."""
    if precision == "float32":                            # some devices refuse even an autocast that is off
        return nullcontext()
    # Without its cache, which would keep the weights as they were before the steps of an optimiser within.
    context: AbstractContextManager[Any] = torch.autocast(device.type, torch.bfloat16, cache_enabled=False)
    return context


def exact(device: torch.device) -> AbstractContextManager[Any]:
    """Return the context in which products of matrices are float32, also within `computing`."""
    context: AbstractContextManager[Any] = nullcontext()
    if device.type in ("cpu", "cuda"):                    # the others have no autocast in torch 2.2
        context = torch.autocast(device.type, torch.bfloat16, enabled=False)
    return context


def fuses_adam(device: torch.device) -> bool:
    """Tell whether a device does a step of Adam in one pass: half the time of many small ones."""
    return device.type == "cuda" or (device.type == "cpu" and torch.__version__ >= (2, 4))


@contextmanager
def repeatable(device: torch.device, threads: int) -> Iterator[None]:
    """Within the block, torch computes on so many threads and picks no algorithm by its speed or whose sums vary.

    Parameters
    ----------
    device : torch device
        Where the work is.
    threads : int
        Of the CPU; 0 means `PATCHLOOM_THREADS`, or else all cores. Sums, and so results,
        may depend on their number.
    """
    if device.type == "cuda":                             # which reads it when it is first used
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.get_num_threads(), torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    torch.set_num_threads(as_threads(threads))
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = before[1:]
