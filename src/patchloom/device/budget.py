"""Work in blocks whose memory is bounded. They end on a request, and no result depends on them."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from ..cancelling import check


def room(device: torch.device) -> int:
    """Return how many bytes a block of work may take; no result depends on it."""
    if device.type == "cpu":
        return 1 << 24                                    # about what a processor's caches hold
    if device.type == "cuda":
        return int(min(1 << 30, torch.cuda.get_device_properties(device).total_memory // 32))
    return 1 << 28


def blocks(count: int, each: int, device: torch.device) -> Iterator[slice]:
    """Yield slices that together are all of `count`, each within the budget at `each` bytes; looks for a cancel."""
    size = max(1, room(device) // max(each, 1))
    for start in range(0, count, size):
        check()
        yield slice(start, min(start + size, count))
