"""To a device and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch


class Transfer:
    """Takes arrays to a device; those that a run needs again and again stay there.

    Parameters
    ----------
    device : torch.device
        Where to.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._held: dict[int, tuple[npt.NDArray[Any], torch.Tensor]] = {}

    def to(self, array: npt.NDArray[Any]) -> torch.Tensor:
        """Return an array as a tensor of its own."""
        # not `as_tensor`, which warns of arrays that are read-only and shares the others
        return torch.tensor(np.ascontiguousarray(array), device=self.device)

    def held(self, array: npt.NDArray[Any]) -> torch.Tensor:
        """Return the same, and the same tensor for the same array at any later time."""
        found = self._held.get(id(array))
        if found is None:                                 # with the array, so that no other gets its id
            found = self._held[id(array)] = array, self.to(array)
        return found[1]

    def forget(self) -> None:
        """Hold no tensor any more."""
        self._held.clear()

    def maybe(self, array: npt.NDArray[Any] | None) -> torch.Tensor | None:
        """Return `to` of an array, if there is one."""
        return None if array is None else self.to(array)


def back(tensor: torch.Tensor) -> npt.NDArray[Any]:
    """Return a tensor as an array, which is read-only: on the CPU they are one."""
    array: npt.NDArray[Any] = tensor.cpu().numpy()
    array.flags.writeable = False
    return array
