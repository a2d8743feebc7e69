"""Which fakes belong to which real, by the names of their files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from .. import io
from ..errors import FileError, explain

Pair = tuple[Path, tuple[Path, ...]]


def pairs(reals: Sequence[Path], fakes: Sequence[Path], *, by_name: bool = True) -> list[Pair]:
    """Return each real picture with its fakes, in the order of `reals`; those without a fake are left out.

    Parameters
    ----------
    reals, fakes : sequence of Path
        Pictures. A fake belongs to the real whose stem its own stem is, or begins with: ``flowers.png`` and
        ``flowers_7.png`` to ``flowers.jpg``. Of several such reals, it is the one with the longest stem.
    by_name : bool
        Refuse a fake that belongs to no real. Otherwise such fakes are dealt out in order, to reals that have
        none first: who is shown one picture at a time needs no partner for it.

    Raises
    ------
    FileError
        If two reals have one stem, a fake belongs to none, or no fake belongs to any.

    Examples
    --------
    >>> [(real.name, len(fakes)) for real, fakes in pairs([Path("a.png")], [Path("a_1.png"), Path("a_2.png")])]
    [('a.png', 2)]
    """
    for stem, times in Counter(path.stem for path in reals).items():
        if times > 1:
            raise FileError(
                explain("real", f"{io.shown(stem)} ({times} pictures of that name)", "each must have a stem of its own",
                        "rename one")
            )
    found: dict[Path, list[Path]] = {real: [] for real in reals}
    strays = []
    for fake in fakes:
        owners = [real for real in reals if io.belongs(fake.stem, real.stem)]
        if owners:
            found[max(owners, key=lambda real: len(real.stem))].append(fake)
        else:
            strays.append(fake)
    if strays and by_name:
        raise FileError(
            explain("fake", io.shown(strays[0]), "must have the name of a real picture, as flowers_7.png has of "
                    "flowers.png", "rename it, or ask for unpaired setups alone")
        )
    for stray in strays:
        min(found.values(), key=len).append(stray)        # the first of those that have the fewest
    return [(real, tuple(own)) for real, own in found.items() if own]
