"""What the paper's loop asks of what it runs on: here this machine's cores; `patchloom.device` has the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from .balance import balanced
from .guess import first_guess
from .params import GPNNParams
from .patches import going_round, vote_again
from .scene import Scene, at, blurred_key
from .search.completeness import normalise
from .search.inherit import finer
from .search.matching import effort_of, match
from .search.quantise import Quantised, quantise
from .types import NNF, Fields, Image, Kept, Mask, Masks, Plan, Size, Stage, Step

Whole: TypeAlias = Callable[[], tuple[Image, Fields]]


@dataclass(frozen=True)
class Engine:
    """The compiled kernels on this machine's cores.

    Attributes
    ----------
    threads : int
        At least 1; no result depends on it.
    """

    threads: int

    @property
    def name(self) -> str:
        """What a result says of it."""
        return "cpu"

    def guarded(self, steps: Iterator[Step]) -> Iterator[Step]:
        """Yield the steps of a run."""
        return steps

    # What a run, and each visit of a level, begins with

    def first_guess(self, plan: Plan) -> Image:
        """As `patchloom.guess.first_guess`."""
        return first_guess(plan, threads=self.threads)

    def source(self, plan: Plan, level: int) -> Image:
        """Return the source at a level."""
        return plan.source[level]

    def blurred_key(self, plan: Plan, level: int) -> Image:
        """As `patchloom.scene.blurred_key`."""
        return blurred_key(plan, level, threads=self.threads)

    def scene(self, plan: Plan, level: int, stage: Stage) -> Scene:
        """As `patchloom.scene.at`."""
        return at(plan, level, stage)

    def resized(self, scene: Scene, image: Image, scale: float | None) -> Image:
        """As `patchloom.scene.Scene.resized`."""
        return scene.resized(image, scale, threads=self.threads)

    def balanced(self, image: Image, key: Image, plan: Plan, level: int) -> Image:
        """As `patchloom.balance.balanced`."""
        return balanced(image, key, plan, level)

    def finer(self, fields: Fields, plan: Plan, level: int) -> Fields:
        """Return the fields of the coarser level at this one; see `patchloom.search.inherit.finer`."""
        keys: list[Size] = [(picture.shape[0], picture.shape[1]) for picture in plan.source[level : level + 2]]
        return finer(fields, plan.params.ratio, plan.sizes[level:], keys, wrap=plan.wrap, threads=self.threads)

    # The PNN module

    def quantise(self, query: Image, key: Image, params: GPNNParams, masks: Masks, kept: Kept | None) -> Quantised:
        """Return both pictures in whole numbers, the query as it goes round; see `patchloom.search.quantise`."""
        query, before = going_round(query, params.patch_size, masks.wrap), kept.pair if kept else None
        return quantise(query, key, patch_size=params.patch_size, before=before, threads=self.threads)

    def normalise(
        self, pair: Quantised, fields: Fields | None, masks: Masks, params: GPNNParams, seed: int
    ) -> tuple[Any, NNF, Mask | None, NNF | None]:
        """Return the weights, the reverse field, what a forward search must look at, and its field if that is known.

        See `patchloom.search.completeness`.
        """
        options: dict[str, Any] = {"method": params.method, "seed": seed, "threads": self.threads}
        return (*normalise(pair, fields, params=params, **options), None)

    def match(
        self, pair: Quantised, fields: Fields | None, weight: Any, masks: Masks,
        params: GPNNParams, seed: int,
    ) -> NNF:
        """Return the forward field, of the patches to look at; see `patchloom.search.matching`."""
        effort = effort_of(params, pair, cold=fields is None or fields.cold)
        return match(
            pair, weight=weight, valid=masks.valid, active=masks.active, init=fields.forward if fields else None,
            method=params.method, effort=effort, seed=seed, threads=self.threads,
        )

    def vote_again(
        self, value: Image, nnf: NNF, query: Image, kept: Kept | None, before: NNF | None, masks: Masks, sigma: float
    ) -> tuple[Image, float]:
        """As `patchloom.patches.vote_again`."""
        return vote_again(value, nnf, query, kept, before, masks=masks, sigma=sigma, threads=self.threads)

    def shown(self, whole: Whole) -> Whole:
        """Return a step's picture and fields, which are made at the first look, as arrays."""
        return whole
