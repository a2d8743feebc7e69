"""The first convolutions of Inception-V3, from a file of weights.

The one home of torch, which is imported where it is used. Nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import FileError, MissingExtraError, ParameterError, explain

VARIABLE = "PATCHLOOM_INCEPTION"
"""The environment variable that names the file of weights where none is passed."""

WHERE = (
    "inception_v3_google-0cc3c7bd.pth (torchvision's, download.pytorch.org/models) or "
    "pt_inception-2015-12-05-6726825d.pth (FID's, releases of github.com/mseitzer/pytorch-fid)"
)
"""The two published files, and where they come from."""

# The convolutions that are used: channels out, channels in, taps on a side.
_BLOCKS = {
    "Conv2d_1a_3x3": (32, 3, 3), "Conv2d_2a_3x3": (32, 32, 3), "Conv2d_2b_3x3": (64, 32, 3),
    "Conv2d_3b_1x1": (80, 64, 1), "Conv2d_4a_3x3": (192, 80, 3),
}
_EPSILON = 1e-3                                           # of the network's batch normalisation
_MIXED = ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")
_MODULES = frozenset((*_BLOCKS, *(f"Mixed_{name}" for name in _MIXED), "fc"))
# Modules, classes, and the digits of the SHA-256 that the published file carries in its name.
_LAYOUTS = {
    "torchvision": (_MODULES | {"AuxLogits"}, 1000, "0cc3c7bd"),
    "fid": (_MODULES, 1008, "6726825d"),
}
_MOST_BYTES = 1 << 30                                     # ten times the published files


class Moments(NamedTuple):
    """Mean (D,), covariance (D, D) with N - 1, and number N of positions."""

    mean: npt.NDArray[np.float64]
    covariance: npt.NDArray[np.float64]
    positions: int


@dataclass(frozen=True, eq=False)
class Inception:
    """The first blocks of Inception-V3, as `load_inception` reads them.

    Attributes
    ----------
    path : str
        File that they came from.
    sha256 : str
        Of the file's bytes, in hexadecimal.
    layout : {"torchvision", "fid"}
        Which of the two published files it is laid out like.
    blocks : tuple of (array, array)
        Of each convolution the taps (out, in, side, side) and the offsets (out,), batch
        normalisation multiplied in, float32.
    """

    path: str
    sha256: str
    layout: str
    blocks: tuple[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]], ...] = field(repr=False)
    _seen: dict[tuple[bytes, tuple[int, ...], int], Moments] = field(default_factory=dict, repr=False, init=False)

    @property
    def published(self) -> bool:
        """Whether the file is the published one, by the digits in that one's name."""
        return self.sha256.startswith(_LAYOUTS[self.layout][2])


def load_inception(path: str | os.PathLike[str] | None = None) -> Inception:
    """Read the weights of Inception-V3's first blocks from a file.

    Parameters
    ----------
    path : path, optional
        A state dict that `torch.save` wrote, in either published layout; by default what
        the environment variable ``PATCHLOOM_INCEPTION`` names.

    Returns
    -------
    Inception
        Small (0.7 MB) and without torch's types, so that it can be sent to other processes.

    Raises
    ------
    ParameterError
        If no file is named.
    FileError
        If the file is not there, is damaged, holds anything but tensors, or another network.
    MissingExtraError
        If torch is not installed.
    """
    name = "weights" if path is not None else VARIABLE
    path = os.environ.get(VARIABLE) if path is None else path
    if not path or not isinstance(path, (str, os.PathLike)):
        raise ParameterError(
            explain("weights", repr(path or None), "must name a file of Inception-V3's weights",
                    f"pass weights (--weights) or set {VARIABLE} to {WHERE}; nothing is downloaded")
        )
    torch = import_torch()
    data = _bytes(Path(path), name)
    state = _state(torch, data, f"{name}={path}")
    layout = _layout(state, f"{name}={path}")
    blocks = tuple(_block(torch, state, block, f"{name}={path}") for block in _BLOCKS)
    return Inception(os.fspath(path), hashlib.sha256(data).hexdigest(), layout, blocks)


def _bytes(path: Path, name: str) -> bytes:
    """Read a file that may be one of weights."""
    try:
        about = path.stat()
        data = path.read_bytes() if stat.S_ISREG(about.st_mode) and about.st_size <= _MOST_BYTES else None
    except (OSError, ValueError) as error:                # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or error
        raise FileError(explain(name, path, f"could not be read: {reason}", "check the path")) from error
    if data is None:
        raise FileError(explain(name, path, f"must be a file of at most {_MOST_BYTES >> 20} MB", f"use {WHERE}"))
    return data


def _state(torch: Any, data: bytes, name: str) -> Mapping[str, Any]:
    """Return the tensors of a state dict by name; nothing that a file holds is run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")                   # whatever is odd is refused, not told
        try:
            state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        except Exception as error:                        # torch's readers raise errors of many kinds
            raise _refused(name, "must be a whole file of tensors and nothing else") from error
    if not isinstance(state, Mapping) or not all(isinstance(key, str) for key in state):
        raise _refused(name, f"must hold tensors by name, and holds a {type(state).__name__}")
    for key, tensor in state.items():
        if not isinstance(tensor, torch.Tensor):
            raise _refused(name, f"must hold tensors by name, and holds {key} of {type(tensor).__name__}")
    return state


def _layout(state: Mapping[str, Any], name: str) -> str:
    """Tell which published file a state dict is laid out like."""
    modules = {key.partition(".")[0] for key in state}
    classes = tuple(state["fc.bias"].shape) if "fc.bias" in state else ()
    for layout, (known, count, _) in _LAYOUTS.items():
        if modules == known and classes == (count,):
            return layout
    foreign, missing = sorted(modules - _LAYOUTS["torchvision"][0]), sorted(_MODULES - modules)
    odd = f"holds {foreign[0][:40]}" if foreign else f"lacks {missing[0]}" if missing else f"ends with {classes}"
    raise _refused(name, f"must be Inception-V3 as torchvision or FID published it, and {odd}")


def _block(
    torch: Any, state: Mapping[str, Any], block: str, name: str
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return a convolution's taps and offsets, batch normalisation multiplied in."""
    shape = _BLOCKS[block]
    parts = {"conv.weight": (*shape, shape[2])} | dict.fromkeys(
        ("bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"), shape[:1]
    )
    taps, scale, offset, mean, variance = (
        _values(torch, state.get(f"{block}.{part}"), size, f"{block}.{part}", name) for part, size in parts.items()
    )
    if (variance < 0).any():
        raise _refused(name, f"{block}.bn.running_var must not be negative")
    factor = scale / np.sqrt(variance + _EPSILON)
    return (taps * factor[:, None, None, None]).astype(np.float32), (offset - mean * factor).astype(np.float32)


def _values(torch: Any, tensor: Any, shape: tuple[int, ...], key: str, name: str) -> npt.NDArray[np.float64]:
    if tensor is None:
        raise _refused(name, f"lacks {key}")
    plain = tensor.layout == torch.strided and tensor.device.type == "cpu" and tensor.is_floating_point()
    if tuple(tensor.shape) != shape or not plain:
        raise _refused(name, f"{key} must be floats {shape}, and is {tensor.dtype} {tuple(tensor.shape)}")
    values: npt.NDArray[np.float64] = tensor.detach().double().numpy()
    if not np.isfinite(values).all():
        raise _refused(name, f"{key} must be finite")
    return values


def _refused(name: str, why: str) -> FileError:
    what, _, path = name.partition("=")
    return FileError(explain(what, path, why, f"use {WHERE}"))


def import_torch() -> Any:
    """Return torch.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError(
            explain("weights", "Inception-V3", "needs torch",
                    'pip install "patchloom[torch]", or only what a CPU needs: '
                    "pip install torch --index-url https://download.pytorch.org/whl/cpu")
        ) from error
    return torch
