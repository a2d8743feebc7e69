"""Pictures and masks as whole numbers on a device; the twins in `kernels.numpy_kernels` say what each does."""

from __future__ import annotations

import torch

from .arithmetic import Tensor, trusted

SUM_CODES = 1 << 16


def bounds(image: Tensor) -> tuple[float, float]:
    """Return the smallest and the largest value of a picture."""
    low, high = torch.stack([image.min(), image.max()]).tolist()
    return low, high


def quantise(image: Tensor, low: float, scale: float) -> Tensor:
    """Return whole numbers of steps above `low`, halves to even: float32 to int16.

    `low` is a float32 and `scale` a power of two, as `search.quantise` chooses them.
    """
    return torch.round((image - low) * scale).to(torch.int16)


def sums(image: Tensor, patch: int, shift: int) -> Tensor:
    """Return the sums over each patch's quarters, divided by 2**shift and rounded down: int16 (H', W', 4)."""
    grey = image.sum(dim=2, dtype=torch.int32)
    half, quarters = (patch + 1) // 2, []
    for top, down in ((0, half), (half, patch - half)):
        rows = _run(grey, down, 0)[top : top + grey.shape[0] - patch + 1]
        for left, across in ((0, half), (half, patch - half)):
            quarters.append(_run(rows, across, 1)[:, left : left + grey.shape[1] - patch + 1])
    return (torch.stack(quarters, dim=2) >> shift).to(torch.int16)


def _run(values: Tensor, length: int, axis: int) -> Tensor:
    """Return the sums of each so many values in a row along an axis, from sums of 1, 2, 4 and so on."""
    count, done, total = values.shape[axis] - length + 1, 0, None
    for bit in range(length.bit_length()):
        if length >> bit & 1:
            part = values.narrow(axis, done, count)
            total, done = part if total is None else total + part, done + (1 << bit)
        if length >> bit + 1:
            less = values.shape[axis] - (1 << bit)
            values = values.narrow(axis, 0, less) + values.narrow(axis, 1 << bit, less)
    assert total is not None                              # a run has at least one value
    return total


def sum_code(sums: Tensor) -> Tensor:
    """Return the four highest bits of each of four sums, 0 to 32767, interleaved: int32."""
    bits = (sums.to(torch.int32) >> 11) & 0xF
    bits = (bits | bits << 6) & 0x303                     # two and two
    bits = (bits | bits << 3) & 0x1111                    # with room between for the other parts'
    first, second, third, last = bits.unbind(dim=-1)
    return first << 3 | second << 2 | third << 1 | last


def rank(sums: Tensor) -> tuple[Tensor, Tensor]:
    """Return where each code's patches begin, and the patches in the order of their codes; both int32.

    Each patch's code and position are one number, so that no two are equal and any device sorts them in one way.
    """
    code = sum_code(sums).reshape(-1).to(trusted(sums.device)).to(torch.int64)
    count = len(code)
    ordered, order = torch.sort(code * count + torch.arange(count, device=code.device))
    begin = torch.arange(SUM_CODES + 1, device=code.device) * count
    starts = torch.searchsorted(ordered, begin, out_int32=True)
    return starts.to(sums.device), order.to(torch.int32).to(sums.device)


def differ(a: Tensor, b: Tensor) -> Tensor:
    """Return the pixels in which two pictures differ: bool (H, W)."""
    return (a != b).any(dim=2)


def window(mask: Tensor, patch: int, *, full: bool) -> Tensor:
    """Return whether each patch holds anything of a mask of pixels; `full`: each pixel is in any patch of a mask."""
    if full:
        inner, more = mask, patch - 1
        mask = inner.new_zeros((inner.shape[0] + 2 * more, inner.shape[1] + 2 * more))
        mask[more : more + inner.shape[0], more : more + inner.shape[1]] = inner
    for axis in (0, 1):
        reach = 1
        while reach < patch:                              # overlapping steps do no harm to "any"
            step = min(reach, patch - reach)
            less = mask.shape[axis] - step
            mask, reach = mask.narrow(axis, 0, less) | mask.narrow(axis, step, less), reach + step
    return mask
