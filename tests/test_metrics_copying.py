"""Copying: what stayed in place, what moved as one piece, and which offsets are common."""

import numpy as np
import pytest

from conftest import make_picture
from patchloom import metrics
from patchloom.errors import ImageError
from patchloom.metrics import copying

SOURCE = make_picture(40, 48)


def spoilt(picture, seed=0):
    """Return the picture with its right half replaced by noise."""
    made = picture.copy()
    made[:, 24:] = np.random.default_rng(seed).integers(0, 256, made[:, 24:].shape)
    return made


def naive_rigid(made, source, offset, patch):
    """Return the share of patches that are like those at the offset, one after the other."""
    rows, cols = made.shape[0] - patch + 1, made.shape[1] - patch + 1
    good = 0
    for row in range(rows):
        for col in range(cols):
            y, x = row + offset[0], col + offset[1]
            if min(y, x) >= 0 and y + patch <= source.shape[0] and x + patch <= source.shape[1]:
                error = made[row : row + patch, col : col + patch] - source[y : y + patch, x : x + patch]
                good += np.mean(error**2) <= 1e-3
    return good / (rows * cols)


@pytest.mark.parametrize(("shift", "share"), [((0, 0), 1), ((2, 2), 1), ((-2, 1), 1), ((3, 0), 0), ((0, -3), 0)])
def test_identity_share_ends_at_two_pixels(shift, share):
    """In rows and in columns; patches at the cut apart."""
    made = np.roll(SOURCE, shift, (0, 1))
    offset = copying.offsets(metrics.compare(made, SOURCE).forward)
    assert tuple(np.median(offset.reshape(-1, 2), axis=0).astype(int)) == (-shift[0], -shift[1])
    inside = np.ones(offset.shape[:2], bool)
    inside[: max(shift[0], 0)], inside[:, : max(shift[1], 0)] = False, False
    inside[len(inside) + min(shift[0], 0) :], inside[:, inside.shape[1] + min(shift[1], 0) :] = False, False
    found = metrics.identity_share(made, SOURCE)
    assert abs(found - share) <= 1 - inside.mean() + 0.01


def test_half_a_copy():
    """Half the patches, less those that noise touches."""
    made = spoilt(SOURCE)
    least, most = 18 / 42, 24 / 42                        # of columns: without noise, and with any copy
    assert least <= metrics.rigid_share(made, SOURCE) <= metrics.identity_share(made, SOURCE) < most
    assert metrics.identity_share(np.roll(made, 5, 0), SOURCE) < 0.1
    assert metrics.rigid_share(np.roll(made, 5, 0), SOURCE) > 0.3


def test_identity_needs_one_size():
    """An error of the function, a note of a table; the others need none."""
    with pytest.raises(ImageError, match="sizes=47 x 40 and 48 x 40: must be one size.*; use rigid_share"):
        metrics.identity_share(SOURCE[:, 1:], SOURCE)
    found = metrics.measure(SOURCE[:, 1:], SOURCE, ["identity_share", "rigid_share", "top_offsets"])
    assert np.isnan(found["identity_share"].value)
    assert found["rigid_share"].value == 1 == found["top_offsets"].value
    assert found["rigid_share"].details == {"method": "exact", "offset": [0, 1]}
    assert found["top_offsets"].details == {
        "method": "exact", "offsets": [{"offset": [0, 1], "share": 1.0}],
    }


@pytest.mark.parametrize("seed", range(4))
def test_rigid_share_against_one_patch_after_the_other(seed):
    """The best of the twenty commonest offsets, for pictures of two sizes."""
    made, source = make_picture(18, 22, 3, seed)[3:], make_picture(18, 22, 3, seed)
    grain = np.random.default_rng(seed).integers(-9, 10, made.shape)
    made = np.clip(np.roll(made, seed, 1) + grain, 0, 255)
    pair = metrics.compare(made.astype(np.uint8), source, patch_size=5)
    found = copying.rigid_share_of(pair)
    common, shares = copying._commonest(pair.forward, 20)
    assert shares == sorted(shares, reverse=True)
    each = [naive_rigid(pair.generated, pair.source, offset, 5) for offset in common]
    assert found.value == max(each)
    assert found.details["offset"] == common[each.index(max(each))]


def test_commonest_offsets_against_counting():
    """Signs, order and shares, with the upper left first of equals."""
    pair = metrics.compare(spoilt(SOURCE), SOURCE)
    offset = [tuple(step) for step in copying.offsets(pair.forward).reshape(-1, 2).tolist()]
    counts = {step: offset.count(step) for step in set(offset)}
    wanted = sorted(counts, key=lambda step: (-counts[step], step))[:30]
    common, shares = copying._commonest(pair.forward, 30)
    assert [tuple(step) for step in common] == wanted
    assert shares == [counts[step] / len(offset) for step in wanted]


def test_tolerance():
    """Seven grey levels are a copy, nine are none."""
    dark = SOURCE // 2
    for levels, share in ((7, 1.0), (9, 0.0)):
        assert naive_rigid((dark + levels) / 255, dark / 255, (0, 0), 7) == share
        assert copying._explained(metrics.compare(dark + np.uint8(levels), dark), 0, 0) == share


def test_top_offsets_are_at_most_five():
    """Six pieces moved by six offsets leave the least of them out."""
    source = np.random.default_rng(0).integers(0, 256, (20, 120, 3), np.uint8)
    pieces = [source[:, left : left + 20] for left in range(0, 120, 20)]
    made = np.concatenate([pieces[index] for index in (3, 5, 4, 1, 0, 2)], axis=1)
    found = copying.top_offsets_of(metrics.compare(made, source))
    assert len(found.details["offsets"]) == 5
    assert found.value == pytest.approx(sum(item["share"] for item in found.details["offsets"]))
    moves = {20 * (piece - place) for place, piece in enumerate((3, 5, 4, 1, 0, 2))}
    listed = {tuple(item["offset"]) for item in found.details["offsets"]}
    assert listed < {(0, move) for move in moves}
    assert 5 * 14 / 114 <= found.value < 1
