"""What a device's engine is made of, each against the native function that it stands for."""

from __future__ import annotations

import inspect
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchloom import NNF, PRESETS, Fields, balance, patches
from patchloom.engine import Engine
from patchloom.resize import resize
from patchloom.search import completeness, matching, patchmatch
from patchloom.search.patchmatch import Effort
from patchloom.search.quantise import quantise
from patchloom.types import Kept, Masks
from strategies import seeds

torch = pytest.importorskip("torch", reason="not on this machine: torch")

from patchloom.device import arithmetic, pictures, searching, shaping  # noqa: E402  # needs torch
from patchloom.device.engine import DeviceEngine  # noqa: E402
from patchloom.device.transfer import Transfer, back  # noqa: E402

CPU = torch.device("cpu")
PATCH = 3
to = Transfer(CPU).to


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    """Pictures are tiny."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def same(ours: Any, theirs: Any) -> None:
    """The same values of the same type and shape; of fields, too."""
    if isinstance(theirs, NNF):
        same(ours.index, theirs.index)
        same(ours.distance, theirs.distance)
        assert (ours.patch_size, ours.wrap) == (theirs.patch_size, theirs.wrap)
    elif theirs is None:
        assert ours is None
    else:
        array = back(ours)
        assert (array.dtype, array.shape) == (theirs.dtype, theirs.shape)
        assert array.tobytes() == theirs.tobytes()


def over(field: NNF | None) -> Any:
    return None if field is None else NNF(to(field.index), to(field.distance), field.patch_size, field.wrap)


class Case:
    """Two pictures of a few grey levels, so that there are ties, and masks, weights and a field for them."""

    def __init__(self, seed: int) -> None:
        rng = self.rng = np.random.default_rng(seed)
        channels = int(rng.integers(1, 4))
        sizes = [(int(rng.integers(4, 11)), int(rng.integers(4, 11))) for _ in range(2)]
        self.query, self.key = (
            (rng.integers(0, 4, (*size, channels)) / 4).astype(np.float32) for size in sizes
        )
        self.queries, self.keys = ((size[0] - PATCH + 1, size[1] - PATCH + 1) for size in sizes)
        self.valid, self.active = rng.random(self.keys) < 0.6, rng.random(self.queries) < 0.5
        self.valid.flat[int(rng.integers(self.valid.size))] = True
        self.weight = (1 / (0.01 + rng.random(self.keys))).astype(np.float32)
        self.before = self.query + np.float32(0.25) * (rng.random(self.query.shape) < 0.02).astype(np.float32)

    def field(self, queries: Any, keys: Any) -> NNF:
        index = np.stack([self.rng.integers(0, most, queries) for most in keys], axis=2).astype(np.int32)
        return NNF(index, self.rng.random(queries, dtype=np.float32), PATCH)

    def pairs(self) -> tuple[Any, Any]:
        """Both quantised pairs; they know what has changed since another query of the same key."""
        native = quantise(self.before, self.key, patch_size=PATCH)
        native = quantise(self.query, self.key, patch_size=PATCH, before=native.kept())
        key = self.there = to(self.key)
        device = searching.quantise(to(self.before), key, patch_size=PATCH, before=None)
        return native, searching.quantise(to(self.query), key, patch_size=PATCH, before=device.kept())


@given(seed=st.integers(0, 10**6))
def test_quantised_pairs(seed: int) -> None:
    native, device = Case(seed).pairs()
    for whole in ("query", "key"):
        for pair in ("pixels", "sums"):
            same(getattr(getattr(device, whole), pair), getattr(getattr(native, whole), pair))
    same(device.changed, native.changed)
    assert (device.low, device.scale, device.steps, device.grids) == (
        native.low, native.scale, native.steps, native.grids)
    swapped = device.swapped()
    same(swapped.query.pixels, native.key.pixels)
    assert swapped.changed is None


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), run=seeds, method=st.sampled_from(["exact", "patchmatch"]),
       given=st.tuples(*[st.booleans()] * 4), effort=st.sampled_from([Effort(1, 2), Effort(2, 3, 1, 2), Effort(1, 0)]))
def test_match(seed: int, run: int, method: str, given: tuple[bool, ...], effort: Effort) -> None:
    """Also where the field to start from points at forbidden keys, and where nothing is to be looked at."""
    case = Case(seed)
    native, device = case.pairs()
    weigh, forbid, begin, narrow = given
    init = case.field(case.queries, case.keys) if begin or narrow else None
    active = case.active & (seed % 5 > 0) if narrow else None
    masks = {"weight": case.weight if weigh else None, "valid": case.valid if forbid else None, "active": active}
    found = matching.match(native, **masks, init=init, method=method, effort=effort, seed=run, threads=1)
    tensors = {name: None if mask is None else to(mask) for name, mask in masks.items()}
    same(searching.match(device, **tensors, init=over(init), method=method, effort=effort, seed=run), found)


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), run=seeds, method=st.sampled_from(["exact", "patchmatch"]),
       started=st.sampled_from(["no", "forward", "both"]), masked=st.booleans())
def test_normalise(seed: int, run: int, method: str, started: str, masked: bool) -> None:
    """The exhaustive search finds the forward field on the way: what a second search would."""
    case = Case(seed)
    native, device = case.pairs()
    params = replace(PRESETS["default"], method=method, alpha=0.01, patch_size=PATCH, cold_sweeps=2, repairs=1)
    forward = None if started == "no" else case.field(case.queries, case.keys)
    reverse = case.field(case.keys, case.queries) if started == "both" else None
    fields = None if forward is None else Fields(forward, reverse)
    there = None if forward is None else Fields(over(forward), over(reverse))
    masks = Masks(case.valid, case.active if fields else None) if masked else Masks()
    tensors = Masks(*(None if mask is None else to(mask) for mask in (masks.valid, masks.active)))
    expected = Engine(1).normalise(native, fields, masks, params, run)
    weight, back_found, active, found = searching.normalise(device, there, tensors, params, run)
    for ours, theirs in zip((weight, back_found, active), expected, strict=False):
        same(ours, theirs)
    assert (found is None) == (method == "patchmatch")
    if found is not None:
        looked_at = replace(masks, active=matching.narrowed(masks.active, expected[2]))
        same(found, Engine(1).match(native, fields, expected[0], looked_at, params, run))


@given(seed=st.integers(0, 10**6), run=seeds, forbidden=st.booleans())
def test_random_fields_and_the_worse_half(seed: int, run: int, forbidden: bool) -> None:
    case = Case(seed)
    valid = case.valid if forbidden else None
    same(searching.random_index(case.queries, case.keys, None if valid is None else to(valid), run, CPU),
         patchmatch.random_index(case.queries, case.keys, valid, run))
    distance = case.field(case.queries, case.keys).distance
    same(searching.worse_than_mean(to(distance), 3087.0), patchmatch.worse_than_mean(distance, 3087.0))
    field = NNF(case.field(case.queries, case.keys).index, distance, PATCH)
    same(searching.WAYS.weigh(over(field), 0.002), completeness.weigh(field, 0.002))


@given(seed=st.integers(0, 10**6), rows=st.integers(0, 5), cols=st.integers(0, 5))
def test_pictures_that_go_round_and_those_of_other_sizes(seed: int, rows: int, cols: int) -> None:
    case = Case(seed)
    for array in (case.query, case.active):
        same(shaping.around(to(array), (rows, cols), (cols, 1)), patches.around(array, (rows, cols), (cols, 1)))
    size, part = (rows + 5, cols + 6), (slice(1, rows + 2), slice(0, cols + 3))
    for scale, wrap, inside in ((None, (False, True), None), (4 / 3, (False, False), part), (0.75, (True, True), None)):
        same(shaping.resize(to(case.query), size, scale=scale, wrap=wrap, part=inside),
             resize(case.query, size, scale=scale, wrap=wrap, part=inside))
    own, inner = case.query.shape[:2], (slice(1, 3), slice(2, 4))
    same(shaping.resize(to(case.query), own, part=inner), resize(case.query, own, part=inner))
    like = case.rng.standard_normal(case.key.shape).astype(np.float32)
    same(shaping.balance(to(case.query), to(like)), balance.balance(case.query, like))


@given(seed=st.integers(0, 10**6), kept=st.booleans(), masked=st.booleans(), wrap=st.tuples(*[st.booleans()] * 2))
def test_vote_again(seed: int, kept: bool, masked: bool, wrap: tuple[bool, bool]) -> None:
    case = Case(seed)
    rows, cols = case.query.shape[:2]
    queries = rows if wrap[0] else case.queries[0], cols if wrap[1] else case.queries[1]
    nnf, free = case.field(queries, case.keys), case.rng.random((rows, cols)) < 0.5
    before = NNF(np.where(case.rng.random((*queries, 1)) < 0.7, nnf.index, 0), nnf.distance, PATCH)
    active = case.rng.random(queries) < 0.5 if masked else None
    masks = Masks(active=active, free=free if masked else None, wrap=wrap)
    value, image = case.key, case.query.copy()
    known = Kept(None, value, image, PRESETS["default"], masks, (before, None)) if kept else None
    found = patches.vote_again(value, nnf, image, known, before, masks=masks, sigma=0.6, threads=1)
    tensors = Masks(active=to(active) if masked else None, free=to(free) if masked else None, wrap=wrap)
    there, picture = to(value), to(image)
    known = Kept(None, there, picture, PRESETS["default"], tensors, (over(before), None)) if kept else None
    ours = shaping.vote_again(there, over(nnf), picture, known, over(before), masks=tensors, sigma=0.6)
    same(ours[0], found[0])
    assert ours[1] == found[1]


def test_mps_sorts_and_divides_on_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is at hand; so this is about who asks where to."""
    assert arithmetic.trusted(torch.device("mps")) == CPU
    assert arithmetic.trusted(torch.device("cuda:1")) == torch.device("cuda:1")
    asked: list[str] = []
    for module in (pictures, shaping):
        monkeypatch.setattr(module, "trusted", lambda device, name=module.__name__: asked.append(name) or CPU)
    pictures.rank(torch.zeros((4, 4, 4), dtype=torch.int16))
    shaping.balance(torch.zeros((4, 4, 1)), torch.zeros((4, 4, 1)))
    assert asked == ["patchloom.device.pictures", "patchloom.device.shaping"]


def test_both_engines_have_the_same_methods() -> None:
    """The loop of the paper calls either."""
    for name, method in inspect.getmembers(Engine, inspect.isfunction):
        if not name.startswith("__"):
            other = getattr(DeviceEngine, name)
            assert other is not method, f"{name} is not the device's own"
            assert list(inspect.signature(other).parameters) == list(inspect.signature(method).parameters), name


def test_what_is_held_is_taken_over_once() -> None:
    transfer, array = Transfer(CPU), np.zeros((2, 3), np.float32)
    array.flags.writeable = False
    first = transfer.held(array)
    assert transfer.held(array) is first
    assert transfer.held(array.copy()) is not first
    assert transfer.to(array[:, ::2]).shape == (2, 2)
    first += 1
    assert array.sum() == 0 and math.isclose(float(first.sum()), 6)
    assert transfer.maybe(None) is None
