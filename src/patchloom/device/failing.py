"""What torch says of devices that fail, and what is let go of so that others have the memory; imports no torch."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ..errors import DeviceMemoryError

# CUDA, CPU, CPU on Windows, cuBLAS (twice), MPS
_NO_MEMORY = ("out of memory", "allocate memory", "not enough memory", "ALLOC_FAILED", "CUBLAS_STATUS_NOT_INITIALIZED",
              "Invalid buffer size")
_FAILED = ("CUDA error", "HIP error", "cuDNN error")


def tells_of_memory(error: RuntimeError) -> bool:
    """Return whether a device has too little memory left."""
    return type(error).__name__ == "OutOfMemoryError" or any(text in str(error) for text in _NO_MEMORY)


def tells_of_failure(error: RuntimeError) -> bool:
    """Return whether a device has failed; CUDA then mostly does nothing else for as long as the process lives."""
    return type(error).__name__ == "AcceleratorError" or any(text in str(error) for text in _FAILED)


def first_line(error: BaseException) -> str:
    """Return what an error says, without the advice that follows."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def let_go() -> None:
    """Give back what torch keeps of GPUs' memory for later use, which other processes may need before."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return
    with suppress(RuntimeError):                          # of a device that has failed; runs tell of it
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        elif torch.backends.mps.is_available():
            torch.mps.empty_cache()


@contextmanager
def forgetting() -> Iterator[None]:
    """Let an error that tells of memory hold none: the frames of its traceback have all tensors of the run.

    Errors that were being handled before are the caller's, and so are their frames.
    """
    others = [id(link) for link in _links(sys.exc_info()[1])]        # they live for as long as the block
    try:
        yield
    except DeviceMemoryError as error:
        for link in _links(error):
            if id(link) in others:
                break
            traceback.clear_frames(link.__traceback__)
        let_go()
        raise


def _links(error: BaseException | None) -> Iterator[BaseException]:
    """Give an error, and what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
