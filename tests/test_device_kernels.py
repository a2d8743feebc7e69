"""Every kernel on tensors against its NumPy twin: the same bytes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchloom.cancelling import cancelled_by
from patchloom.errors import Cancelled
from patchloom.kernels import numpy_kernels as twins
from patchloom.resize import taps
from patchloom.search.completeness import weigh
from patchloom.search.patchmatch import JUMPS, trial_radii
from patchloom.search.quantise import scale_for, sums_shift
from patchloom.types import NNF

torch = pytest.importorskip("torch", reason="not on this machine: torch")

from patchloom.device import arithmetic, budget, exhaustive, kernels, pictures  # noqa: E402

SHAPES = [
    (3, 1), (3, 3), (3, 8), (5, 4), (7, 1), (7, 3), (7, 4), (7, 8), (9, 3), (15, 1), (21, 3), (31, 1), (31, 3), (31, 8),
]
VALUES = ["all", "extreme", "few"]

rooms = st.sampled_from([20_000, 200_000, 1 << 24])        # bytes of a block: from some patches to whole pictures
some = settings(max_examples=40)


def tensor(value: Any) -> Any:
    """Arrays as tensors, within tuples too."""
    if isinstance(value, tuple):
        return tuple(tensor(part) for part in value)
    return torch.tensor(value) if isinstance(value, np.ndarray) else value


def assert_same(ours: Any, theirs: Any) -> None:
    """The same types, shapes and bytes."""
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        found = a.numpy()
        assert (found.dtype, found.shape) == (b.dtype, b.shape)
        assert found.tobytes() == b.tobytes()


def top_for(patch: int, channels: int) -> int:
    """Largest quantised difference that a search can meet."""
    return min(32767, math.isqrt((2**31 - 1) // (patch * patch * channels)))


class Case:
    """Two tiny pictures on the quantiser's scale, with every mask and a field."""

    def __init__(self, seed: int, patch: int, channels: int, kind: str) -> None:
        rng, top = np.random.default_rng(seed), top_for(patch, channels)
        values = {"all": np.arange(top + 1), "extreme": [0, top], "few": [0, 1, 2]}[kind]
        height, width, key_height, key_width = (int(side) for side in rng.integers(patch, patch + 9, 4))
        self.patch, self.channels, self.top = patch, channels, top
        self.grid, self.keys = (height - patch + 1, width - patch + 1), (key_height - patch + 1, key_width - patch + 1)
        self.query = rng.choice(values, (height, width, channels)).astype(np.int16)
        self.key = rng.choice(values, (key_height, key_width, channels)).astype(np.int16)
        self.valid = rng.random(self.keys) < 0.7
        self.valid.flat[rng.integers(self.valid.size)] = True
        self.weight = (rng.random(self.keys) + 0.1).astype(np.float32)
        self.at = np.flatnonzero(rng.random(self.grid) < 0.6).astype(np.int32)
        flat = rng.choice(np.flatnonzero(self.valid), self.grid)
        self.index = np.stack([flat // self.keys[1], flat % self.keys[1]], axis=2).astype(np.int32)
        self.distance = rng.random(self.grid).astype(np.float32)
        self.value = rng.standard_normal(self.key.shape).astype(np.float32)
        self.image = rng.standard_normal(self.query.shape).astype(np.float32)
        self.fold = rng.random((patch, patch)).astype(np.float32) + np.float32(0.1)
        self.touched = rng.random((height, width)) < 0.5

    def sums(self) -> tuple[Any, ...]:
        """What a sweep takes besides the pictures."""
        shift = sums_shift(self.patch, self.channels)
        ours, theirs = (twins.sums(image, self.patch, shift) for image in (self.query, self.key))
        return ours, theirs, shift, *twins.rank(theirs)


@st.composite
def cases(draw: Any) -> Case:
    """Cases of any shape and kind."""
    patch, channels = draw(st.sampled_from(SHAPES))
    return Case(draw(st.integers(0, 2**32 - 1)), patch, channels, draw(st.sampled_from(VALUES)))


@some
@given(case=cases(), weighted=st.booleans(), masked=st.booleans(), room=rooms)
@pytest.mark.parametrize("way", ["doubles", "parts"])
def test_exact_equals_its_twin(way: str, case: Case, weighted: bool, masked: bool, room: int) -> None:
    weight, valid = case.weight if weighted else None, case.valid if masked else None
    given = case.query, case.key, case.patch, weight, valid
    expected = twins.exact(*given)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(exhaustive, "_product_for", lambda device: getattr(exhaustive, f"_by_{way}"))
        patched.setattr(budget, "room", lambda device: room)
        assert_same(kernels.exact(*tensor(given)), expected)
        some = kernels.exact(*tensor(given), at=torch.tensor(case.at))
    assert_same(some, [expected[0].reshape(-1, 2)[case.at], expected[1].reshape(-1)[case.at]])


@some
@given(case=cases(), masked=st.booleans(), alpha=st.sampled_from([1e-6, 0.005, 1.0]),
       room=rooms)
@pytest.mark.parametrize("way", ["doubles", "parts"])
def test_both_directions_at_once_are_two_searches(way: str, case: Case, masked: bool, alpha: float, room: int) -> None:
    steps, valid = case.top * case.top / 7 * case.patch**2, case.valid if masked else None
    index, total = twins.exact(case.key, case.query, case.patch, None, None)
    weight = weigh(NNF(index, (total / steps).astype(np.float32), case.patch), alpha)
    expected = twins.exact(case.query, case.key, case.patch, weight, valid)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(exhaustive, "_product_for", lambda device: getattr(exhaustive, f"_by_{way}"))
        patched.setattr(budget, "room", lambda device: room)
        forward, reverse, factors = kernels.exact_both(
            *tensor((case.query, case.key, case.patch, steps, alpha, valid))
        )
    assert_same(forward, expected)
    assert_same(reverse, (index, total))
    assert_same([factors], [weight])


@given(case=cases(), weighted=st.booleans(), masked=st.booleans(), partial=st.booleans(), known=st.booleans(),
       seed=st.integers(0, 2**64 - 1), room=rooms,
       ways=st.sampled_from([(JUMPS, 8, 4), ((2,), 0, 0), ((), 32, 32), ((), 0, 9), ((1, 3, 8, 30), 2, 0), ((), 0, 0)]))
def test_sweep_equals_its_twin(
    case: Case, weighted: bool, masked: bool, partial: bool, known: bool, seed: int, room: int, ways: Any
) -> None:
    masks = case.weight if weighted else None, case.valid if masked else None
    at, field = case.at if partial else None, (case.index, case.distance if known or partial else None)
    jumps, trials, looks = ways
    asked = np.array(jumps, np.int32), trial_radii(case.keys, trials), looks
    pair = case.query, case.key, case.patch, *case.sums()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(budget, "room", lambda device: room)
        found = kernels.sweep(tensor(pair), tensor(masks), tensor(at), tensor(field), asked, seed, float(3 + trials))
    assert_same(found, twins.sweep(pair, masks, at, field, asked, seed, float(3 + trials)))


@pytest.mark.parametrize("masked", [False, True])
def test_blocks_of_one_make_no_difference(monkeypatch: pytest.MonkeyPatch, masked: bool) -> None:
    case = Case(5, 3, 3, "few")
    pair, valid = (case.query, case.key, 3), case.valid if masked else None
    ways = JUMPS, trial_radii(case.keys, 4), 2
    calls = [
        lambda: kernels.exact(*tensor((*pair, case.weight, valid))),
        lambda: sum(kernels.exact_both(*tensor(pair), 9.0, 0.01, tensor(valid))[:2], ()),
        lambda: kernels.sweep(
            tensor((*pair, *case.sums())), tensor((None, valid)), None, tensor((case.index, None)), ways, 3, 9.0
        ),
        lambda: [kernels.vote(*tensor((case.value, case.index, case.fold)))],
    ]
    expected = [[part.numpy() for part in call()] for call in calls]
    monkeypatch.setattr(budget, "room", lambda device: 1)
    for call, whole in zip(calls, expected, strict=True):
        assert_same(call(), whole)


@pytest.mark.parametrize("way", ["doubles", "parts"])
@pytest.mark.parametrize("channels", [3, 32])
def test_largest_patches_do_not_overflow(monkeypatch: pytest.MonkeyPatch, way: str, channels: int) -> None:
    monkeypatch.setattr(exhaustive, "_product_for", lambda device: getattr(exhaustive, f"_by_{way}"))
    patch, top = 31, top_for(31, channels)
    query, key = np.zeros((32, 33, channels), np.int16), np.full((33, 32, channels), top, np.int16)
    key[0, 0] = 0
    index, distance = kernels.exact(*tensor((query, key, patch)), None, None)
    assert_same((index, distance), twins.exact(query, key, patch, None, None))
    assert distance.max() == (patch * patch - 1) * channels * top * top
    shift = sums_shift(patch, channels)
    sums = tuple(twins.sums(image, patch, shift) for image in (query, key))
    pair, ways = (query, key, patch, *sums, shift, *twins.rank(sums[1])), (JUMPS, [40] * 8, 8)
    field = np.ones((2, 3, 2), np.int32), None
    found = kernels.sweep(tensor(pair), (None, None), None, tensor(field), ways, 1, 1.0)
    assert_same(found, twins.sweep(pair, (None, None), None, field, ways, 1, 1.0))


@pytest.mark.parametrize("way", ["doubles", "parts"])
def test_what_torch_is_set_to_makes_no_difference(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """Another type by default, and products in bfloat16 where that is fast."""
    monkeypatch.setattr(exhaustive, "_product_for", lambda device: getattr(exhaustive, f"_by_{way}"))
    case, precision = Case(6, 7, 3, "all"), torch.get_float32_matmul_precision()
    pair, ways = (case.query, case.key, 7), (JUMPS, trial_radii(case.keys, 4), 2)
    expected = twins.exact(*pair, case.weight, None)
    swept = (*pair, *case.sums()), (case.weight, None), None, (case.index, None), ways, 3, 9.0
    taken = [taps(side, 9, 9 / side) for side in case.value.shape[:2]]
    axes = *taken[0], *taken[1]
    try:
        torch.set_default_dtype(torch.float64)
        torch.set_float32_matmul_precision("medium")
        assert_same(kernels.exact(*tensor((*pair, case.weight)), None), expected)
        assert_same(kernels.sweep(*tensor(swept)), twins.sweep(*swept))
        vote = case.value, case.index, case.fold
        assert_same([kernels.vote(*tensor(vote))], [twins.vote(*vote)])
        assert_same([kernels.resize(tensor(case.value), *axes)], [twins.resize(case.value, *axes)])
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_float32_matmul_precision(precision)


def sweep_with_sums(away: int, channels: int, own: int, weight: Any) -> float:
    """Distance of a key at `own`**2 after trials among keys at 0, whose sums are made out to be `away` off."""
    query, key = np.zeros((7, 7, channels), np.int16), np.zeros((20, 20, channels), np.int16)
    key[0, 0, 0] = own                                     # in the first key alone
    sums = np.zeros((1, 1, 4), np.int16), np.full((14, 14, 4), away, np.int16), 0
    pair = query, key, 7, *sums, *twins.rank(sums[1])
    field = np.zeros((1, 1, 2), np.int32), None
    return float(kernels.sweep(*tensor((pair, (weight, None), None, field)), ((), [20] * 32, 0), 1, 1.0)[1].item())


@pytest.mark.parametrize("weight", [None, np.ones((14, 14), np.float32)], ids=["plain", "weighted"])
@pytest.mark.parametrize("channels", [1, 3, 4, 5])
def test_sums_reject_where_they_are_sure_and_only_there(channels: int, weight: Any) -> None:
    """False sums show where the limit is: they were rounded down, so a difference of n says n - 1 and no more."""
    for away in (1, 2, 9, 50, 1000, 32767, -32767):
        surely = 4 * (abs(away) - 1) ** 2 // (16 * channels)            # the least distance that these allow
        own = math.isqrt(surely)
        if own > 0:
            assert sweep_with_sums(away, channels, own, weight) == np.float32(own * own)
        assert sweep_with_sums(away, channels, own + 1, weight) == 0


def test_a_sweep_of_nothing_changes_nothing_and_leaves_the_old_field_alone() -> None:
    case = Case(1, 7, 3, "few")
    pair, field = tensor((case.query, case.key, 7, *case.sums())), tensor((case.index, case.distance))
    nowhere = torch.zeros(0, dtype=torch.int32)
    found = kernels.sweep(pair, (None, None), nowhere, field, (JUMPS, [4], 4), 1, 1.0)
    assert_same(found, (case.index, case.distance))
    found = kernels.sweep(pair, (None, None), None, field, (JUMPS, [4], 4), 1, 1.0)
    assert not torch.equal(found[0], field[0])
    assert_same(field, (case.index, case.distance))


@some
@given(case=cases(), room=rooms, touched=st.booleans())
def test_vote_equals_its_twin(case: Case, room: int, touched: bool) -> None:
    more = {"touched": case.touched, "image": case.image} if touched else {}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(budget, "room", lambda device: room)
        for fold in (case.fold, tensor(case.fold)):
            options = {name: tensor(array) for name, array in more.items()}
            found = kernels.vote(tensor(case.value), tensor(case.index), fold, **options)
            assert_same([found], [twins.vote(case.value, case.index, case.fold, **more)])


@some
@given(case=cases(), rows=st.integers(1, 40), cols=st.integers(1, 40), scale=st.sampled_from([None, 0.75, 4 / 3]),
       room=rooms)
def test_resize_equals_its_twin(case: Case, rows: int, cols: int, scale: float | None, room: int) -> None:
    axes: list[Any] = []
    for length, target in zip(case.value.shape[:2], (rows, cols), strict=True):
        axes.extend(taps(length, target, scale or target / length))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(budget, "room", lambda device: room)
        assert_same([kernels.resize(tensor(case.value), *axes)], [twins.resize(case.value, *axes)])


@given(case=cases())
def test_sums_and_ranks_equal_their_twins(case: Case) -> None:
    shift = sums_shift(case.patch, case.channels)
    for image in (case.query, case.key):
        expected = twins.sums(image, case.patch, shift)
        assert_same([kernels.sums(tensor(image), case.patch, shift)], [expected])
        assert_same(kernels.rank(tensor(expected)), twins.rank(expected))


@pytest.mark.parametrize("top", [1, 3000, 32767])
def test_ranks_of_many_patches_equal_their_twins(top: int) -> None:
    sums = np.random.default_rng(top).integers(0, top, (60, 70, 4), endpoint=True).astype(np.int16)
    assert_same(kernels.rank(tensor(sums)), twins.rank(sums))


@pytest.mark.parametrize("channels", [1, 3, 8, 32])
def test_the_largest_sums_fit(channels: int) -> None:
    for patch in range(3, 32, 2):
        image = np.full((patch + 2, patch + 1, channels), top_for(patch, channels), np.int16)
        shift = sums_shift(patch, channels)
        assert_same([kernels.sums(tensor(image), patch, shift)], [twins.sums(image, patch, shift)])


@given(case=cases(), share=st.sampled_from([0.0, 0.01, 0.5, 1.0]))
def test_masks_equal_their_twins(case: Case, share: float) -> None:
    other = case.query.copy()
    other[case.touched] += 1
    assert_same([kernels.differ(tensor(case.query), tensor(other))], [twins.differ(case.query, other)])
    mask = np.random.default_rng(1).random(case.query.shape[:2]) < share
    for full in (False, True):
        assert_same([kernels.window(tensor(mask), case.patch, full=full)], [twins.window(mask, case.patch, full=full)])


@given(case=cases(), low=st.floats(-4, 4, width=32), span=st.floats(2.0**-12, 2.0**12, width=32))
def test_quantise_equals_its_twin(case: Case, low: float, span: float) -> None:
    scale = scale_for(span, case.patch**2 * case.channels)
    steps = np.random.default_rng(3).integers(0, 2 * int(span * scale) + 1, case.value.shape) / 2
    for image in (low + steps / scale, low + (steps + 0.123) / scale):
        whole = image.astype(np.float32)
        assert_same([kernels.quantise(tensor(whole), low, scale)], [twins.quantise(whole, low, scale)])
        assert kernels.bounds(tensor(whole)) == twins.bounds(whole)


def test_quantise_rounds_halves_to_even() -> None:
    image = torch.tensor([0, 0.5, 1.5, 2.5, 32766.5]).reshape(1, 5, 1)
    assert kernels.quantise(image, 0.0, 1.0).reshape(-1).tolist() == [0, 0, 2, 2, 32766]


@given(case=cases(), ratio=st.sampled_from([0.5, 0.75, 0.9]), wrap=st.booleans())
def test_inherit_equals_its_twin(case: Case, ratio: float, wrap: bool) -> None:
    """With the tables that the engine makes, and as a whole."""
    rng, rows, cols = np.random.default_rng(2), *case.grid
    parents = tuple(rng.integers(side, size=side + 7).astype(np.int32) for side in (rows, cols))
    rests = tuple(rng.integers(-9, 9, side + 7) * (ratio / 3) for side in (rows, cols))
    tables = tuple(rng.integers(-20, 200, side) / ratio for side in case.keys)
    given = parents, rests, tables, (40, 0)
    expected = twins.inherit(case.index, case.distance, *given)
    for passed in (given, tensor(given)):
        assert_same(kernels.inherit(tensor(case.index), tensor(case.distance), *passed), expected)


# Arithmetic

@given(seed=st.integers(0, 2**64 - 1), start=st.integers(0, 2**62))
def test_random_bits_are_the_kernels(seed: int, start: int) -> None:
    counter = np.arange(start, start + 9, dtype=np.uint64)
    found = arithmetic.hash_counter(seed, torch.tensor(counter.astype(np.int64)))
    assert_same([found], [twins.hash_counter(seed, counter).view(np.int64)])


@given(total=st.lists(st.integers(0, 2**31 - 1), min_size=1), steps=st.floats(2.0**-20, 2.0**40),
       alpha=st.floats(1e-9, 1e9))
def test_means_and_weights_are_those_of_arrays(total: list[int], steps: float, alpha: float) -> None:
    whole = np.array(total, np.int32)
    distance = (whole / steps).astype(np.float32)
    found = arithmetic.mean_of(tensor(whole), steps)
    assert_same([found], [distance])
    assert_same([arithmetic.weigh(found, alpha)], [weigh(NNF(np.zeros((1, 1, 2), np.int32), distance, 7), alpha)])


def test_products_of_parts_are_exact_for_every_patch() -> None:
    """What `exhaustive._by_parts` says of its sums, for all that the quantiser makes."""
    for values in sorted({patch * patch * channels for patch in range(3, 32) for channels in range(1, 33)}):
        top, bits = exhaustive.largest(values), exhaustive.low_bits(values)
        assert values * top * top < 2**31
        low, high = 2 ** (bits - 1), ((top + 1) // 2 + 2 ** (bits - 1)) // 2**bits
        assert max(low, high) <= 256
        assert max(values * low * low, values * high * high, 2 * values * low * high) <= 2**24
        ends = torch.tensor([0, top // 2, top], dtype=torch.int32) - top // 2
        parts = exhaustive._split(ends, bits)
        assert (parts[0] * 2**bits + parts[1] == ends).all()
        assert parts[0].abs().max() <= high
        assert parts[1].min() >= -low
        assert parts[1].max() < low


@given(seed=st.integers(0, 2**32 - 1), axis=st.integers(0, 1), kind=st.sampled_from(["int32", "float32", "float64"]))
def test_the_first_of_equals_is_the_least(seed: int, axis: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 3, rng.integers(1, 40, 2)).astype(kind)
    for found in (exhaustive.first_least, exhaustive._first_least):
        least, which = found(tensor(table), axis)
        assert_same([least, which], [table.min(axis=axis), table.argmin(axis=axis)])


@given(a=st.lists(st.integers(0, 2**62), min_size=1), b=st.integers(1, 2**31 - 1))
def test_quotients_are_exact(a: list[int], b: int) -> None:
    """Also of multiples, where a division that is nearly right shows most, and also where it is float32's."""
    a += [least // b * b for least in a] + [max(least // b * b - 1, 0) for least in a]
    for found in (arithmetic.quotient, arithmetic._corrected):
        assert found(torch.tensor(a), b).tolist() == [one // b for one in a]


@given(side=st.integers(1, 9), length=st.integers(1, 31))
def test_runs_add_up(side: int, length: int) -> None:
    values = torch.arange(2 * (length + side), dtype=torch.int32).reshape(2, -1) ** 2
    expected = values.unfold(1, length, 1).sum(dim=2, dtype=torch.int32)
    assert torch.equal(pictures._run(values, length, 1), expected)
    assert torch.equal(pictures._run(values.T, length, 0), expected.T)


# Cancelling

def test_searches_end_when_asked() -> None:
    case = Case(2, 7, 3, "all")
    pair = tensor((case.query, case.key, 7))
    field = tensor((case.index, case.distance))
    for call in (
        lambda: kernels.exact(*pair, None, None),
        lambda: kernels.exact_both(*pair, 1.0, 1.0),
        lambda: kernels.sweep((*pair, *tensor(case.sums())), (None, None), None, field, (JUMPS, [4], 4), 1, 1.0),
        lambda: kernels.vote(tensor(case.value), field[0], case.fold),
    ):
        call()
        with cancelled_by(lambda: True), pytest.raises(Cancelled):
            call()
