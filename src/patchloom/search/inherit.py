"""Handing a field down the pyramid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import kernels
from ..types import NNF, Fields, Size, Wrap


def finer(
    fields: Fields, ratio: float, outputs: Sequence[Size], keys: Sequence[Size], *, wrap: Wrap = (False, False),
    threads: int = 1, by: Callable[..., NNF] | None = None,
) -> Fields:
    """Return both fields for the next finer level.

    Parameters
    ----------
    fields : Fields
        Of the coarser level.
    ratio : float
        Size of the coarser level relative to the finer one.
    outputs, keys : two of Size
        Sizes of the output and of the key at the finer and the coarser level.
    wrap : (bool, bool)
        Whether the output's rows, and columns, go round.
    threads : int
        At least 1.
    by : callable, optional
        Does for a field what `inherit` does on so many threads.

    Returns
    -------
    Fields
    """
    down = partial(by or partial(inherit, threads=threads), ratio=ratio)
    forward = down(fields.forward, query=outputs[0], key=keys[0], coarse_key=keys[1], wrap=wrap)
    reverse = fields.reverse
    if reverse is not None:
        reverse = down(reverse, query=keys[0], key=outputs[0], coarse_key=outputs[1], key_wrap=wrap)
    return Fields(forward, reverse)


def inherit(
    nnf: NNF, *, ratio: float, query: Size, key: Size, coarse_key: Size, wrap: Wrap = (False, False),
    key_wrap: Wrap = (False, False), threads: int = 1,
) -> NNF:
    """Return the field at the next finer level.

    Each patch takes its parent's displacement, stretched about the centres of the
    pictures as the pyramid's resize does. Additions, multiplications, divisions
    and floors only, so the same everywhere.

    Parameters
    ----------
    nnf : NNF
        Field of the coarser level.
    ratio : float
        Size of the coarser level relative to the finer one.
    query, key : Size
        Sizes in pixels of the finer pictures.
    coarse_key : Size
        Size in pixels of the coarser key.
    wrap, key_wrap : (bool, bool)
        Whether the query's, and the key's, rows and columns go round.
    threads : int
        At least 1.

    Returns
    -------
    NNF
        Its distances are the parents': a search computes them afresh.
    """
    moves = moves_of(nnf, ratio=ratio, query=query, key=key, coarse_key=coarse_key, wrap=wrap, key_wrap=key_wrap)
    index, distance = kernels.inherit(
        np.ascontiguousarray(nnf.index), np.ascontiguousarray(nnf.distance), *moves, threads=threads
    )
    return NNF(index, distance, nnf.patch_size)


def moves_of(
    nnf: NNF, *, ratio: float, query: Size, key: Size, coarse_key: Size, wrap: Wrap = (False, False),
    key_wrap: Wrap = (False, False),
) -> tuple[Any, ...]:
    """Return what `kernels.inherit` takes besides the field, each by axis: parents, rests, tables, and the last key."""
    patch = nnf.patch_size
    parents, rests, tables, last = [], [], [], []
    for axis in (0, 1):
        coarse, less = nnf.index.shape[axis], (patch - 1) * (not wrap[axis])
        own = np.arange(query[axis] - less)
        parent, rest = _parents(own, query[axis], (coarse, coarse + less), patch, ratio)
        parents.append(parent)
        rests.append(rest)
        places = np.arange(coarse_key[axis] - (patch - 1) * (not key_wrap[axis]))
        tables.append(_stretch(places, key[axis], coarse_key[axis], patch, ratio))
        last.append(key[axis] - 1 - (patch - 1) * (not key_wrap[axis]))
    return (parents[0], parents[1]), (rests[0], rests[1]), (tables[0], tables[1]), (last[0], last[1])


def _stretch(place: npt.NDArray[Any], fine: int, coarse: int, patch: int, ratio: float) -> npt.NDArray[np.float64]:
    """Corner of the finer patch whose centre lies where the coarser patch's does."""
    half = (patch - 1) / 2
    return (place + half - (coarse - 1) / 2) / ratio + (fine - 1) / 2 - half


def _parents(
    own: npt.NDArray[Any], fine: int, coarse: Size, patch: int, ratio: float
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """For each finer patch along an axis: its parent, and how far it lies from where the parent comes to lie.

    `coarse` has the coarser patches and pixels.
    """
    half = (patch - 1) / 2
    above = (own + half - (fine - 1) / 2) * ratio + (coarse[1] - 1) / 2 - half
    parent = np.clip(np.floor(above + 0.5), 0, coarse[0] - 1).astype(np.int32)
    return parent, own - _stretch(parent, fine, coarse[1], patch, ratio)
