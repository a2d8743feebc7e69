"""How a device works for a run: away from what the caller has set, and with errors as Patchloom's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

from ..errors import DeviceError, DeviceMemoryError, explain
from .failing import first_line, forgetting, tells_of_failure, tells_of_memory


class _Settings:
    """What torch keeps for the whole process, as runs want it; the last of several at once puts it back."""

    def __init__(self) -> None:
        self._lock, self._within = threading.Lock(), 0
        self._threads = 0                                 # the caller's
        self._warn_only: bool | None = None               # the caller's, who may have only deterministic algorithms

    @contextmanager
    def ours(self, threads: int | None) -> Iterator[None]:
        """Set them within the block; no threads: they are left alone."""
        with self._lock:
            if not self._within:
                self._threads = torch.get_num_threads()
            self._within += 1
            if threads is not None:
                torch.set_num_threads(threads)
            if torch.are_deterministic_algorithms_enabled():          # which refuses CUDA's products; ours are exact
                self._warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
                torch.use_deterministic_algorithms(False)
        try:
            yield
        finally:
            with self._lock:
                self._within -= 1
                if not self._within:
                    if torch.get_num_threads() != self._threads:
                        torch.set_num_threads(self._threads)
                    if self._warn_only is not None:
                        torch.use_deterministic_algorithms(True, warn_only=self._warn_only)
                        self._warn_only = None


_settings = _Settings()


@contextmanager
def working(device: torch.device, threads: int) -> Iterator[None]:
    """Compute within the block as nobody had set anything of torch, and put it back after.

    Raises
    ------
    DeviceMemoryError
        If the device has too little memory left.
    DeviceError
        If it fails.
    """
    with ExitStack() as after:
        after.enter_context(forgetting())
        after.enter_context(_settings.ours(threads if device.type == "cpu" else None))
        after.enter_context(torch.inference_mode(False))  # what it makes is of no use outside it
        if device.type == "cuda":                         # else a look could read what another stream has not yet made
            after.enter_context(torch.cuda.stream(torch.cuda.default_stream(device)))
        if _can_autocast(device.type):                    # which would round products
            after.enter_context(torch.autocast(device.type, enabled=False))
        try:
            yield
        except RuntimeError as error:
            if tells_of_memory(error):
                raise DeviceMemoryError(
                    explain("device", device, "ran out of memory", "ask for a smaller size, or for the device cpu")
                ) from error
            if tells_of_failure(error):
                raise DeviceError(
                    explain("device", device, f"failed ({first_line(error)})",
                            "start the program anew; if it fails again look at the GPU's driver, or use the device cpu")
                ) from error
            raise


def _can_autocast(kind: str) -> bool:
    known = getattr(torch.amp, "is_autocast_available", None)         # since torch 2.4
    return bool(known(kind)) if known else kind in ("cpu", "cuda")
