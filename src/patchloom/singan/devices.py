"""Where torch computes, and how it is kept to the same results every time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

import torch

from ..checks import as_threads
from ..device import choosing
from ..errors import ParameterError, explain


def as_device(name: Any) -> torch.device:
    """Return the device of a name, as `patchloom.device.choosing.as_device`: torch's CPU where that needs no torch."""
    found = choosing.as_device(name)
    return torch.device("cpu") if found is None else found


def as_precision(asked: str, device: torch.device) -> str:
    """Return float32 or bfloat16: what was asked for; ``auto`` is the latter where the device computes in it.

    Raises
    ------
    ParameterError
        If the device cannot do what was asked for.
    """
    if asked == "auto" and device.type == "cpu":
        tells = getattr(torch.cpu, "_is_avx512_bf16_supported", None)          # not there in the oldest versions
        return "bfloat16" if tells is not None and tells() else "float32"
    if asked == "auto":
        return "bfloat16" if has_bfloat16(device) else "float32"
    if asked == "bfloat16" and not has_bfloat16(device):
        raise ParameterError(explain("precision", asked, f"the device {device} does not compute in it",
                                     "try float32, or the device cpu"))
    return asked


def has_bfloat16(device: torch.device) -> bool:
    """Tell whether a device can compute in bfloat16; a CPU can, though not always fast."""
    if device.type == "cuda":
        return bool(torch.cuda.get_device_capability(device) >= (8, 0))
    return device.type == "cpu"


def layout(device: torch.device) -> torch.memory_format:
    """Return how networks are laid out in a device's memory: as its convolutions are fastest."""
    return torch.channels_last if device.type == "cuda" else torch.contiguous_format


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
    if device.type in ("cpu", "cuda"):                    # `as_precision` refuses bfloat16 on the others
        context = torch.autocast(device.type, torch.bfloat16, enabled=False)
    return context


def compiled(network: Any) -> Callable[[Any], Any]:
    """Return a network as `torch.compile` makes it, which happens at its first use.

    Raises
    ------
    ParameterError
        Then, if torch cannot: mostly for want of a compiler.
    """
    from torch._dynamo.exc import TorchDynamoException  # takes a second, and nothing else needs it

    try:
        run = torch.compile(network)
    except RuntimeError as error:                         # where torch has no compiling at all
        raise _not_compiled(error) from error

    def through(values: Any) -> Any:
        try:
            return run(values)
        except TorchDynamoException as error:
            raise _not_compiled(error) from error

    return through


def _not_compiled(error: RuntimeError) -> ParameterError:
    why = next(iter(str(error).strip().splitlines()), "it says no more")
    return ParameterError(explain("compiled", True, f"torch cannot compile here ({why})",
                                  "install a compiler for it, or leave it out"))


def fuses_adam(device: torch.device) -> bool:
    """Tell whether a device does a step of Adam in one pass: half the time of many small ones."""
    return device.type == "cuda" or (device.type == "cpu" and torch.__version__ >= (2, 4))


@contextmanager
def repeatable(device: torch.device, threads: int) -> Iterator[None]:
    """Within the block, torch computes on so many threads and picks no algorithm by its speed or whose sums vary.

    What the caller set is of no matter there, and is as it was afterwards: gradients that are off, autocast, another
    default dtype, TF32.

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
    cudnn = torch.backends.cudnn
    with ExitStack() as after:
        after.callback(torch.set_num_threads, torch.get_num_threads())
        torch.set_num_threads(as_threads(threads))
        _put(after, cudnn, "deterministic", True)
        _put(after, cudnn, "benchmark", False)
        after.callback(torch.set_default_dtype, torch.get_default_dtype())
        torch.set_default_dtype(torch.float32)
        _pin_float32(after)
        after.enter_context(torch.inference_mode(False))
        after.enter_context(torch.enable_grad())
        after.enter_context(exact(device))
        yield


def _put(after: ExitStack, where: Any, name: str, value: Any) -> None:
    """Set an attribute, and set it back afterwards."""
    before = getattr(where, name)
    if before != value:
        after.callback(setattr, where, name, before)
        setattr(where, name, value)


def _pin_float32(after: ExitStack) -> None:
    """Have float32 convolutions and products computed in it, not in TF32 or bfloat16 as torch otherwise may."""
    backends = torch.backends
    try:
        shorter, products = backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()
    except RuntimeError:                                  # torch 2.9 and later, once the caller used what is set below
        shorter, products = False, "highest"
    if shorter:
        _put(after, backends.cudnn, "allow_tf32", False)
    if products != "highest":
        after.callback(torch.set_float32_matmul_precision, products)
        torch.set_float32_matmul_precision("highest")
    for backend, part in ((backends.cudnn, "conv"), (backends.cuda, "matmul"), (backends.mkldnn, "conv"),
                          (backends.mkldnn, "matmul")):
        where = getattr(backend, part, None)
        if getattr(where, "fp32_precision", "none") not in ("none", "ieee"):
            _put(after, where, "fp32_precision", "ieee")
