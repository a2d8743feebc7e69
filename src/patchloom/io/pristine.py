"""The pristine model of NIQE <-> ``.npz`` files; the authors' ``.mat`` is read too (the extra ``mat``).

SciPy reads MATLAB's files because nothing else that is maintained does without MATLAB itself; names and shapes are
looked at before any value is decoded.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import FileError, MissingExtraError, ParameterError, PatchloomError, explain
from .arrays import pack_arrays, unpack_arrays, unreadable
from .formats import shown
from .writing import check_writable, place

if TYPE_CHECKING:                                         # imported where it is used: few commands measure
    from ..metrics.pristine import NiqeModel

NIQE_SUFFIXES = (".npz",)
"""Suffixes of pristine models, for `check_writable`."""

_MOST = 1 << 20                                           # bytes; a model has about ten thousand
_ARRAYS = ("mu_pris_param", "cov_pris_param")
_VARIABLES = ("mu_prisparam", "cov_prisparam")
_WITHIN = f"must hold {' and '.join(_ARRAYS)} (.npz), or {' and '.join(_VARIABLES)} (.mat)"
_REMEDY = "make it with --fit-niqe or fit_niqe"


def save_niqe(path: str | os.PathLike[str], model: NiqeModel, *, force: bool = False) -> None:
    """Write the model of `metrics.niqe`; the same model gives the same bytes.

    Parameters
    ----------
    path : path
        Ends with ``.npz``.
    model : NiqeModel
        Stored as ``mu_pris_param`` (36,) and ``cov_pris_param`` (36, 36), as other programs call them;
        beside them ``block_size``, ``blocks`` and ``origin``.
    force : bool
        Replace an existing file.

    Raises
    ------
    FileError
        If it cannot be written; nothing is left behind.
    """
    check_writable(path, force=force, suffixes=NIQE_SUFFIXES)
    arrays = {
        "mu_pris_param": model.mean, "cov_pris_param": model.covariance, "block_size": np.array(model.block_size),
        "blocks": np.array(model.blocks), "origin": np.array(model.origin),
    }
    place(path, pack_arrays(arrays), force=force)


def load_niqe(path: str | os.PathLike[str]) -> NiqeModel:
    """Read a model for `metrics.niqe`; the content decides how.

    Parameters
    ----------
    path : path
        A ``.npz`` with ``mu_pris_param`` and ``cov_pris_param``, which `save_niqe` and others write, or a
        MATLAB file up to version 7 with ``mu_prisparam`` and ``cov_prisparam``, as the authors published
        it. Blocks are taken to have 96 pixels where the file does not say it.

    Returns
    -------
    NiqeModel

    Raises
    ------
    FileError
        If the file cannot be read or holds no such model.
    ParameterError
        If `path` is none.
    MissingExtraError
        If it is a MATLAB file and SciPy is not installed.
    """
    from ..metrics.naturalness import FEATURES
    from ..metrics.pristine import NiqeModel

    start = _start(path)
    if start.startswith(b"PK"):
        names, arrays = _ARRAYS, unpack_arrays(path, "niqe", _WITHIN, _REMEDY, most=_MOST)
    elif start.startswith(b"MATLAB") or Path(path).suffix.lower() == ".mat":
        names, arrays = _VARIABLES, _load_mat(path)
    else:
        raise _not_a_model(path, "neither .npz nor .mat")
    for name in names:
        if name not in arrays:
            raise _not_a_model(path, f"no {name} but {', '.join(map(shown, list(arrays)[:6])) or 'nothing'}")
    try:
        mean, covariance = (np.asarray(arrays[name]) for name in names)
        if sorted(mean.shape) == [1, FEATURES]:           # MATLAB knows no vectors
            mean = mean.ravel()
        return NiqeModel(
            mean, covariance, _number(arrays, "block_size", NiqeModel.block_size), _number(arrays, "blocks", 0),
            str(arrays.get("origin", Path(path).name)),
        )
    except ParameterError as error:
        raise _not_a_model(path, str(error)) from error


def _number(arrays: dict[str, Any], name: str, default: int) -> Any:
    """Return a single number of a file; anything else is passed on as it is, to be refused."""
    value = np.asarray(arrays.get(name, default))
    return value.item() if value.size == 1 else value


def _start(path: str | os.PathLike[str]) -> bytes:
    if not isinstance(path, (str, os.PathLike)):
        raise ParameterError(explain("niqe", type(path).__name__, "must be the path of a file", _REMEDY))
    try:
        about = Path(path).stat()
        if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
            raise _not_a_model(path, "no regular file")   # to open a pipe is to wait for its other end
        with Path(path).open("rb") as file:
            start = file.read(8)
            size = file.seek(0, os.SEEK_END)
    except OSError as error:
        raise unreadable(path, "niqe", error) from error
    except ValueError as error:                           # a null character in the name
        raise _not_a_model(path, str(error)) from error
    if size > _MOST:
        raise _not_a_model(path, f"{size} bytes")
    return start


def _load_mat(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the model's variables of a MATLAB file, or the shapes of those that cannot be it."""
    from ..metrics.naturalness import FEATURES

    try:
        from scipy import io as matlab
    except ImportError as error:
        raise MissingExtraError(explain("niqe", shown(path), "needs SciPy", 'pip install "patchloom[mat]"')) from error
    try:
        shapes = {name: shape for name, shape, _ in matlab.whosmat(os.fspath(path))}
        wanted = [name for name in _VARIABLES if name in shapes]
        for name in wanted:
            if int(np.prod(shapes[name], dtype=object)) > FEATURES**2:
                raise _not_a_model(path, f"{name} of shape {shapes[name]}")
        return dict.fromkeys(shapes) | matlab.loadmat(os.fspath(path), variable_names=wanted)
    except PatchloomError:
        raise
    except NotImplementedError as error:
        raise _not_a_model(path, "MATLAB 7.3", "save it with -v7") from error
    # A damaged file fails wherever the reader meets the damage.
    except Exception as error:
        raise _not_a_model(path, shown(" ".join(str(error).split()))) from error


def _not_a_model(path: str | os.PathLike[str], got: str, remedy: str = _REMEDY) -> FileError:
    return FileError(explain("niqe", f"{shown(path)} ({got})", _WITHIN, remedy))
