"""Models <-> bytes: a safetensors file of float32 tensors and one text of JSON; nothing in it can be run.

======================  =======================  ==================================================
tensor                  shape                    holds
======================  =======================  ==================================================
``image``               (H, W, C)                the picture at the finest scale, on [0, 1]
``generator.S.NAME``    the network's            parameters and statistics of scale S
``record.S``            (iterations, 5)          what `LOSSES` names
``critic.NAME``         the network's            the last scale's, of a training that was stopped
``adam.NETWORK.I.PART`` the parameter's, or ()   the same in the middle of a scale: Adam's moments
======================  =======================  ==================================================

The JSON has everything else and a SHA-256 of itself and all tensors. The same model gives the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import numpy as np
import safetensors.torch
import torch

from ..errors import FileError, InputError, ParameterError, explain
from ..params import SinGANParams
from .file_header import (
    FORMAT,
    NotAModel,
    canonical,
    check_plain,
    header_of,
    kind_of,
    pixel_kind,
    sane,
    scale_numbers,
)
from .model import LOSSES, Model, Scale, Unfinished
from .networks import Tensor, body
from .sample import check_model
from .scales import LEAST, finest_size, width_at

VERSION = 1
"""Of the files; a newer one is refused."""

_WITHIN = "must be a whole model that patchloom singan train or save_model wrote"
_SCALE, _ITERATION = "scale", "iteration"                 # a training was stopped at the end of a scale, or inside it
_PARTS = ("step", "exp_avg", "exp_avg_sq")
_SQUARES = (".running_var", ".exp_avg_sq", ".step")       # tensors that are nowhere below 0

Shapes = dict[str, tuple[int, ...]]


def pack(model: Model) -> bytes:
    """Return a model as the bytes of a file.

    Parameters
    ----------
    model : Model
        With at least one scale; a training that was stopped too.

    Raises
    ------
    InputError
        If it is no such model, or its numbers are not finite.
    """
    check_model(model)
    rest = model.unfinished
    tensors = {"image": torch.from_numpy(np.ascontiguousarray(model.image, np.float32))}
    for number, scale in enumerate(model.scales):
        tensors |= {f"generator.{number}.{name}": value for name, value in scale.generator.items()}
        tensors[f"record.{number}"] = torch.from_numpy(np.ascontiguousarray(scale.record, np.float32))
    if rest is not None:
        tensors |= {f"critic.{name}": value for name, value in rest.critic.items()}
        tensors |= {f"adam.{name}": value for name, value in rest.adam.items()}
    odd = _not_finite(tensors) or _not_sane(model)
    if odd:
        raise ParameterError(explain("model", odd, "a training that diverged cannot be kept",
                                     "train with another seed or other numbers"))
    told: dict[str, Any] = {
        "format": FORMAT, "version": VERSION, "seed": model.seed, "params": asdict(model.params),
        "kind": pixel_kind(model.kind), "own_size": list(model.own_size), "precision": model.precision,
        "scales": [{"amplitude": scale.amplitude, "error": scale.error} for scale in model.scales],
        "unfinished": None if rest is None else _ITERATION if rest.adam else _SCALE,
    }
    if model.icc is not None:
        told["icc"] = model.icc.hex()
    told["sha256"] = _digest(told, tensors)
    return safetensors.torch.save(tensors, {FORMAT: canonical(told)})


def unpack(data: bytes, name: str = "model") -> Model:
    """Return the model of a file.

    Parameters
    ----------
    data : bytes
        All that the file holds.
    name : str
        What errors call it.

    Raises
    ------
    FileError
        If it is no such file, is damaged, or of a later version of Patchloom.
    """
    try:
        told = header_of(data, VERSION)
        tensors = safetensors.torch.load(data)
        if told.pop("sha256") != _digest(told, tensors):
            raise NotAModel("damaged: its SHA-256 is another")
        check_plain(told)
        return _model(told, tensors)
    except NotAModel as error:
        raise _refused(name, str(error), error.remedy) from error
    except safetensors.SafetensorError as error:
        raise _refused(name, f"damaged: {str(error).rpartition('deserializing: ')[2]}") from error
    except (InputError, KeyError, TypeError, ValueError) as error:
        raise _refused(name, " ".join(str(error).split())) from error


def _refused(name: str, got: str, remedy: str = "") -> FileError:
    return FileError(explain("model", f"{name} ({got})", _WITHIN, remedy or "get an undamaged copy, or train again"))


def _digest(told: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of the JSON and of all tensors: names, types, shapes and values."""
    found = hashlib.sha256(canonical(told).encode())
    for name in sorted(tensors):
        value = tensors[name]
        found.update(canonical([name, str(value.dtype), list(value.shape)]).encode())
        found.update(value.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()


def _model(told: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Model:
    """Return the model that JSON and tensors describe, all of it checked."""
    names = set(SinGANParams.__dataclass_fields__)
    if set(told["params"]) != names:
        odd = ", ".join(sorted(names ^ set(told["params"]))[:4])
        raise NotAModel(f"numbers {odd} are missing or unknown: it is of another version of Patchloom",
                        "update Patchloom, or train again")
    params, image = SinGANParams(**told["params"]), tensors["image"]
    _check_image(image, told, params)
    own_rows, own_cols = told["own_size"]
    through = [scale_numbers(scale) for scale in told["scales"]]
    channels, state = image.shape[2], told["unfinished"]
    kind = kind_of(told["kind"], channels)                # which knows how many channels there may be
    _check_tensors(tensors, _shapes(params, channels, len(through), state) | {"image": tuple(image.shape)}, params)
    scales = tuple(
        Scale(_below(tensors, f"generator.{number}."), amplitude, tensors[f"record.{number}"].numpy(), error)
        for number, (amplitude, error) in enumerate(through)
    )
    rest = None if state is None else Unfinished(_below(tensors, "critic."), _below(tensors, "adam."))
    icc = bytes.fromhex(told["icc"]) if "icc" in told else None
    model = Model(
        image.numpy(), kind, params, told["seed"], scales, (own_rows, own_cols), told["precision"], rest, icc
    )
    _check_count(model, state)
    return model


def _check_image(image: Tensor, told: Mapping[str, Any], params: SinGANParams) -> None:
    if image.ndim != 3 or image.dtype != torch.float32 or min(image.shape[:2]) < LEAST:
        raise NotAModel(f"an image of shape {tuple(image.shape)}, {image.dtype}")
    if not bool(((image >= 0) & (image <= 1)).all()):     # false for nan too
        raise NotAModel("an image that leaves [0, 1]")
    own = tuple(told["own_size"])
    if finest_size(own, params) != tuple(image.shape[:2]):
        raise NotAModel(f"an image of {image.shape[1]} x {image.shape[0]} from one of {own[1]} x {own[0]}")


def _check_count(model: Model, state: str | None) -> None:
    """Refuse more scales than the numbers make, or fewer without what a training goes on with."""
    most = model.count - (state == _SCALE)
    if not (1 if state else model.count) <= len(model.scales) <= most:
        raise NotAModel(f"{len(model.scales)} scales of {model.count}, unfinished: {state}")


def _check_tensors(tensors: Mapping[str, Tensor], shapes: Shapes, params: SinGANParams) -> None:
    """Refuse any tensor that is missing, too many, of another type or shape, or not finite."""
    if tensors.keys() != shapes.keys():
        names = sorted(tensors.keys() ^ shapes.keys())
        raise NotAModel(f"{names[0]} and {len(names) - 1} more tensors are missing or unknown")
    for name, value in tensors.items():
        shape, wanted = tuple(value.shape), shapes[name]
        if name.startswith("record."):
            right = len(shape) == 2 and 1 <= shape[0] <= params.iterations and shape[1:] == wanted[1:]
        else:
            right = shape == wanted
        if not right or value.dtype != torch.float32:
            raise NotAModel(f"{name} of shape {shape}, {value.dtype}")
        if name.endswith(_SQUARES) and bool((value < 0).any()):
            raise NotAModel(f"{name} below 0")
    odd = _not_finite(tensors)
    if odd:
        raise NotAModel(odd)


def _not_finite(tensors: Mapping[str, Tensor]) -> str:
    """Return that a tensor has NaN or infinity, if there is one."""
    odd = (f"{name} is not finite" for name, value in tensors.items() if not bool(torch.isfinite(value).all()))
    return next(odd, "")


def _not_sane(model: Model) -> str:
    """Return that a scale has numbers that are not read again, if there is one."""
    return next((f"scale {number} has an amplitude of {scale.amplitude:g} and an error of {scale.error:g}"
                 for number, scale in enumerate(model.scales) if not sane(scale.amplitude, scale.error)), "")


def _shapes(params: SinGANParams, channels: int, count: int, state: str | None) -> Shapes:
    """Return the shape of every tensor but the image, for so many scales; 0 for any number of iterations."""
    found: Shapes = {}
    for number in range(count):
        width = width_at(params, number)
        found |= {f"generator.{number}.{name}": shape for name, shape in _network(channels, width, channels).items()}
        found[f"record.{number}"] = (0, len(LOSSES))
    width = width_at(params, count - 1)
    critic = _network(channels, width, 1, params.critic_norm == "batch")
    if state is not None:
        found |= {f"critic.{name}": shape for name, shape in critic.items()}
    if state == _ITERATION:
        for network, shapes in (("generator", _network(channels, width, channels)), ("critic", critic)):
            learnt = [shape for name, shape in shapes.items() if ".running_" not in name]
            for index, shape in enumerate(learnt):
                found |= {f"adam.{network}.{index}.{part}": () if part == "step" else shape for part in _PARTS}
    return found


@lru_cache(maxsize=64)
def _network(channels: int, width: int, out: int, normalised: bool = True) -> Shapes:
    """Return the shapes of a network's parameters and statistics, in order; nothing is allocated for them."""
    tracked = ".num_batches_tracked"
    state = body(channels, width, out, normalised=normalised, device="meta").state_dict()
    return {
        name: tuple(value.shape) for name, value in state.items()
        if not name.endswith(tracked)
    }


def _below(tensors: Mapping[str, Tensor], start: str) -> dict[str, Tensor]:
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}
