"""The engine on torch: what `patchloom.engine.Engine` does, on tensors, and so the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import torch

from ..balance import is_balanced
from ..engine import Engine, Whole
from ..errors import DeviceMemoryError
from ..guess import first_guess
from ..params import GPNNParams
from ..search.inherit import finer, moves_of
from ..search.matching import effort_of
from ..types import NNF, Fields, Image, Kept, Masks, Plan, Size, Stage, Step
from . import kernels
from .arithmetic import Tensor
from .scene import Scene, at
from .searching import Pair, match, normalise, quantise
from .shaping import balance, going_round, resize, vote_again
from .transfer import Transfer, back
from .working import working


@dataclass(frozen=True)
class DeviceEngine(Engine):
    """A device of torch.

    What a plan holds goes there when a level first needs it, and stays; what a step shows comes back at the first look.

    Attributes
    ----------
    threads : int
        At least 1: of what is left to this machine's cores, and of torch where it computes there.
    device : torch.device
        On this machine.
    """

    device: torch.device

    @cached_property
    def _transfer(self) -> Transfer:
        return Transfer(self.device)

    @property
    def name(self) -> str:
        """What a result says of it."""
        model = f"{torch.cuda.get_device_name(self.device)}, " if self.device.type == "cuda" else ""
        return f"{self.device} ({model}torch {torch.__version__})"

    def guarded(self, steps: Iterator[Step]) -> Iterator[Step]:
        """Yield the steps of a run, each made away from what the caller has set, and with errors as Patchloom's own."""
        step: Step | None
        try:
            while True:
                step = None                               # those before are the caller's alone
                with working(self.device, self.threads):
                    step = next(steps, None)
                if step is None:
                    return
                yield step
        except DeviceMemoryError:
            self._transfer.forget()
            raise

    # What a run, and each visit of a level, begins with

    def first_guess(self, plan: Plan) -> Tensor:
        """As `patchloom.guess.first_guess`, which is made by this machine's cores: it is small."""
        return self._transfer.to(first_guess(plan, threads=self.threads))

    def source(self, plan: Plan, level: int) -> Tensor:
        """Return the source at a level."""
        return self._transfer.held(plan.source[level])

    def blurred_key(self, plan: Plan, level: int) -> Tensor:
        """As `patchloom.scene.blurred_key`."""
        value, scale = self.source(plan, level), 1 / plan.params.ratio
        if level + 1 == len(plan.source):
            return value
        coarser = self.source(plan, level + 1)
        if plan.boxes is None:
            return resize(coarser, (value.shape[0], value.shape[1]), scale=scale)
        key = value.clone()
        for fine, coarse in zip(plan.boxes[level], plan.boxes[level + 1], strict=True):
            _part(key, fine)[...] = resize(_part(coarser, coarse).contiguous(), fine[2:], scale=scale)
        return key

    def scene(self, plan: Plan, level: int, stage: Stage) -> Scene:
        """As `patchloom.scene.at`."""
        return at(plan, level, stage, self._transfer)

    def resized(self, scene: Any, image: Tensor, scale: float | None) -> Tensor:
        """As `patchloom.scene.Scene.resized`."""
        return scene.taken_up(image, scale, self._transfer)

    def balanced(self, image: Tensor, key: Tensor, plan: Plan, level: int) -> Tensor:
        """As `patchloom.balance.balanced`."""
        return balance(image, key) if is_balanced(plan, level) else image

    def finer(self, fields: Fields, plan: Plan, level: int) -> Fields:
        """As `patchloom.engine.Engine.finer`."""
        keys: list[Size] = [(picture.shape[0], picture.shape[1]) for picture in plan.source[level : level + 2]]
        return finer(fields, plan.params.ratio, plan.sizes[level:], keys, wrap=plan.wrap, by=_inherit)

    # The PNN module

    def quantise(self, query: Tensor, key: Tensor, params: GPNNParams, masks: Masks, kept: Kept | None) -> Pair:
        """As `patchloom.engine.Engine.quantise`."""
        seen, before = going_round(query, params.patch_size, masks.wrap), kept.pair if kept else None
        return quantise(seen, key, patch_size=params.patch_size, before=before)

    def normalise(
        self, pair: Any, fields: Fields | None, masks: Masks, params: GPNNParams, seed: int
    ) -> tuple[Tensor, NNF, Tensor | None, NNF | None]:
        """As `patchloom.engine.Engine.normalise`."""
        return normalise(pair, fields, masks, params, seed)

    def match(
        self, pair: Any, fields: Fields | None, weight: Tensor | None, masks: Masks, params: GPNNParams, seed: int
    ) -> NNF:
        """As `patchloom.engine.Engine.match`."""
        effort = effort_of(params, pair, cold=fields is None or fields.cold)
        return match(
            pair, weight=weight, valid=masks.valid, active=masks.active, init=fields.forward if fields else None,
            method=params.method, effort=effort, seed=seed,
        )

    def vote_again(
        self, value: Tensor, nnf: NNF, query: Tensor, kept: Kept | None, before: NNF | None, masks: Masks, sigma: float
    ) -> tuple[Tensor, float]:
        """As `patchloom.patches.vote_again`."""
        return vote_again(value, nnf, query, kept, before, masks=masks, sigma=sigma)

    def shown(self, whole: Whole) -> Whole:
        """Return a step's picture and fields, which come back at the first look, as arrays."""
        return partial(self._looked_at, whole)            # no closure: a traceback would keep what that holds

    def _looked_at(self, whole: Whole) -> tuple[Image, Fields]:
        with working(self.device, self.threads):
            return _shown(*whole())


def _shown(image: Tensor, fields: Fields) -> tuple[Image, Fields]:
    reverse = None if fields.reverse is None else _field(fields.reverse)
    return back(image), Fields(_field(fields.forward), reverse, fields.moved)


def _field(nnf: NNF) -> NNF:
    return NNF(back(nnf.index), back(nnf.distance), nnf.patch_size, nnf.wrap)


def _part(image: Tensor, box: tuple[int, int, int, int]) -> Tensor:
    top, left, rows, cols = box
    return image[top : top + rows, left : left + cols]


def _inherit(nnf: NNF, **geometry: Any) -> NNF:
    """As `patchloom.search.inherit.inherit`."""
    return NNF(*kernels.inherit(nnf.index, nnf.distance, *moves_of(nnf, **geometry)), nnf.patch_size)
