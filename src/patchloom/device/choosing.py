"""Which device a run was asked for, and its engine; torch is imported only where one needs it."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from ..checks import as_threads
from ..engine import Engine
from ..errors import DeviceMemoryError, MissingExtraError, ParameterError, explain
from .failing import first_line, tells_of_memory

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")
_NAMES = re.compile(r"auto|cpu(:0)?|(cuda|mps)(:(0|[1-9][0-9]?))?")   # as torch has them, which takes more digits too
_ALLOWED = "must be auto, cpu, cuda, cuda:NUMBER or mps"


def engine_on(device: Any, *, threads: int = 0) -> Engine:
    """Return what runs plans on a device; an engine is taken as it is.

    Parameters
    ----------
    device : str or torch.device
        As for `patchloom.generate`.
    threads : int
        Of what runs on the CPU; 0 means all cores.

    Raises
    ------
    ParameterError
        If there is no such device, or it is not on this machine.
    MissingExtraError
        If it needs torch, and that is not installed.
    """
    if isinstance(device, Engine):
        return device
    there, threads = as_device(device), as_threads(threads)
    if there is None:
        return Engine(threads)
    from .engine import DeviceEngine

    return DeviceEngine(threads, _pinned(there))


def _pinned(device: torch.device) -> torch.device:
    """Return the device by its number: which one CUDA takes without may change in the middle of a run."""
    if device.type != "cuda" or device.index is not None:
        return device
    torch = _torch("cuda")
    return torch.device("cuda", torch.cuda.current_device())


def as_device(value: Any) -> torch.device | None:
    """Return where torch is to compute; None is this machine's cores and the compiled kernels, without torch.

    Parameters
    ----------
    value : str or torch.device
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``, or ``"auto"``: a GPU if torch can use one, else ``"cpu"``. A
        ``torch.device("cpu")`` is torch on the CPU, for comparisons.

    Raises
    ------
    ParameterError
        If it is something else, is not on this machine, or cannot be used.
    MissingExtraError
        If it needs torch, and that is not installed.
    DeviceMemoryError
        If others have all of its memory.
    """
    name = as_name(value)
    if name == "auto":
        return _first_gpu()
    if isinstance(value, str) and name in ("cpu", "cpu:0"):
        return None
    return _there(name)


def as_name(value: Any) -> str:
    """Return the name of a device as `as_device` takes it, which may be another machine's.

    Parameters
    ----------
    value : str or torch.device
        As for `as_device`.

    Raises
    ------
    ParameterError
        If it is something else.
    """
    kind: Any = getattr(sys.modules.get("torch"), "device", None)        # another thread may be at torch's import
    name = str(value) if kind is not None and isinstance(value, kind) else value
    if not isinstance(name, str) or not _NAMES.fullmatch(name):
        raise ParameterError(explain("device", repr(name), _ALLOWED))
    return name


def is_gpu(value: Any) -> bool:
    """Return whether a device is a GPU, which is looked for and not used: this process takes none of it.

    Parameters
    ----------
    value : str or torch.device
        As for `as_device`. For ``"auto"``, one that cannot be used counts, too: only use shows that.

    Raises
    ------
    ParameterError
        If it is something else, or is not on this machine.
    MissingExtraError
        If it needs torch, and that is not installed.
    """
    name = as_name(value)
    if name == "auto":
        return bool(_gpus())
    return name not in ("cpu", "cpu:0") and _seen(name).type != "cpu"


def _seen(name: str) -> torch.device:
    """Return the device of that name, if it is on this machine."""
    torch = _torch(name)
    kind, _, number = name.partition(":")
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    found = {"cpu": 1, "cuda": gpus, "mps": int(torch.backends.mps.is_available())}
    if int(number or 0) >= found[kind]:
        names = [f"cuda:{at}" for at in range(gpus)] + ["mps"] * found["mps"]
        if not names and not _built_for(torch, kind):
            raise ParameterError(
                explain("device", repr(name), f"torch {torch.__version__} is built without {kind.upper()}",
                        "install another build (pytorch.org), or try auto or cpu")
            )
        there = f"torch sees {', '.join(names)} on this machine" if names else "torch sees no GPU on this machine"
        raise ParameterError(explain("device", repr(name), there, "try auto or cpu"))
    return torch.device(name)


def _there(name: str) -> torch.device:
    """Return the device of that name, if it is on this machine and can be used."""
    device = _seen(name)
    fault = _fault(_torch(name), device)
    if fault is None:
        return device
    if tells_of_memory(fault):
        raise DeviceMemoryError(
            explain("device", repr(name), "ran out of memory", "end what else runs there, or try cpu")
        ) from fault
    raise ParameterError(
        explain("device", repr(name), f"torch sees it and cannot use it ({first_line(fault)})",
                "look at its driver and at who else uses it, install a build of torch for it (pytorch.org), or try cpu")
    ) from fault


def _built_for(torch: Any, kind: str) -> bool:
    if kind == "mps":
        return bool(torch.backends.mps.is_built())
    return torch.version.cuda is not None or getattr(torch.version, "hip", None) is not None


def _fault(torch: Any, device: torch.device) -> RuntimeError | None:
    """Return what torch says of a device that cannot be used: only use shows it."""
    try:
        torch.zeros(1, device=device).cpu()
    except RuntimeError as error:
        return error
    return None


def _gpus() -> list[torch.device]:
    """Return a device of each kind that torch sees."""
    try:
        torch = _torch("auto")
    except MissingExtraError:
        return []
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return [torch.device(name) for name, found in there.items() if found]


def _first_gpu() -> torch.device | None:
    return next((device for device in _gpus() if _fault(_torch("auto"), device) is None), None)


def _torch(name: str) -> Any:
    try:
        import torch
    except (ImportError, OSError) as error:               # OSError: a library of its own is missing or damaged
        missing = isinstance(error, ModuleNotFoundError) and error.name == "torch"
        trouble = "is not installed" if missing else f"does not load ({' '.join(str(error).split())})"
        remedy = "pip install 'patchloom[torch]'" if missing else "install it anew"
        raise MissingExtraError(
            explain("device", repr(name), f"needs torch, which {trouble}", f"{remedy}, or leave it at cpu")
        ) from error
    return torch
