"""The paper on one page: Granot et al., "Drop the GAN" (CVPR 2022).

From coarse to fine, each patch of the current guess (query) looks up its nearest
neighbour among the patches of the blurred source (key) and is replaced by the patch at the
same place in the sharp source (value); overlapping patches vote. Three additions of ours are off in
the presets ``paper`` and ``official``: `balanced`, a sharp key late, and completeness at some levels only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .balance import balanced
from .checks import as_seed, as_threads
from .guess import first_guess
from .params import GPNNParams
from .patches import going_round, grid, vote_again
from .scene import at, blurred_key, visits
from .search import check_pnn
from .search.completeness import normalise
from .search.inherit import finer
from .search.matching import choose, effort_of, match, narrowed
from .search.patchmatch import mix
from .search.quantise import quantise
from .types import Fields, Image, Kept, Mask, Masks, Plan, Step

FORWARD, REVERSE = 1, 2


def pnn(
    query: Image,
    key: Image,
    value: Image,
    *,
    params: GPNNParams,
    fields: Fields | None = None,
    valid: Mask | None = None,
    active: Mask | None = None,
    seed: int = 0,
    threads: int = 0,
) -> tuple[Image, Fields]:
    """Run the Patch Nearest Neighbour module once (the paper's section 3.2).

    Parameters
    ----------
    query : Image
        The current guess.
    key, value : Image
        Aligned pictures of the source: searched, and copied from.
    params : GPNNParams
        Patch size, completeness, search and fold are read.
    fields : Fields, optional
        Where the search starts; by default nowhere. Those of the call before, with the same
        key, value, numbers and masks, make this one cheap: what looks the same is neither
        searched nor voted again. Pictures and masks are known by identity: pass others, do
        not edit them in place.
    valid : Mask (K', L'), optional
        Key patches that may be found.
    active : Mask (H', W'), optional
        Query patches to search for; the others keep their entry in `fields`, which is then
        required, and pixels that only they cover stay as they are.
    seed : int
        Decides what is random in the search.
    threads : int
        0 means all cores.

    Returns
    -------
    image : Image
        The next guess, of the query's size.
    fields : Fields
        The fields that were found.
    """
    check_pnn(query, key, value, params.patch_size, fields, valid, active)
    return _pnn(query, key, value, params, fields, Masks(valid, active), as_seed(seed), as_threads(threads))


def _pnn(
    query: Image, key: Image, value: Image, params: GPNNParams, fields: Fields | None, masks: Masks, seed: int,
    threads: int,
) -> tuple[Image, Fields]:
    kept = fields.kept_for(params, masks) if fields else None
    seen = going_round(query, params.patch_size, masks.wrap)
    pair = quantise(seen, key, patch_size=params.patch_size, before=kept.pair if kept else None, threads=threads)
    options: dict[str, Any] = {"method": params.method, "threads": threads}
    # 1. normalisation: how far each key is from the nearest query (equation 2)
    weight, reverse, changed = None, None, pair.changed
    if params.alpha < np.inf:
        weight, reverse, changed = normalise(pair, fields, params=params, seed=mix(seed, REVERSE), **options)
    # 2. nearest neighbours by normalised score
    cold = fields is None or fields.cold
    options.update(weight=weight, valid=masks.valid, active=narrowed(masks.active, changed))
    options.update(init=fields.forward if fields else None, effort=effort_of(params, pair, cold=cold))
    nnf = match(pair, seed=mix(seed, FORWARD), **options)
    # 3. replace each patch by its value; 4. fold
    before = fields.forward if fields and kept else None
    image, moved = vote_again(value, nnf, query, kept, before, masks=masks, sigma=params.fold, threads=threads)
    return image, Fields(nnf, reverse, moved, Kept(pair.kept(), value, image, params, masks, (nnf, reverse)))


def steps(plan: Plan, *, threads: int = 0) -> Iterator[Step]:
    """Yield every iteration of a run, coarse to fine (the paper's section 3.1).

    Stop iterating to cancel. Each step holds a whole picture, so progress, previews and
    debugging need nothing else from the engine.

    Parameters
    ----------
    plan : Plan
        What to run.
    threads : int
        0 means all cores; no result depends on it.

    Yields
    ------
    Step
        One per iteration, the coarsest level first.
    """
    threads = as_threads(threads)
    scale, image, fields = 1 / plan.params.ratio, first_guess(plan, threads=threads), None
    for level, number, stage in visits(plan):
        value, key = plan.source[level], blurred_key(plan, level, threads=threads)
        scene, count, params = at(plan, level, stage), plan.iterations_at(level), plan.params_at(level)
        if level + 1 < len(plan.sizes):                   # up from the coarser level; the coarsest begins anew
            image = scene.resized(image, scale, threads=threads)
            image = balanced(image, key, plan, level)     # ours, not the paper's: see docs/quality.md
        else:
            image, fields = scene.resized(image, None, threads=threads), None
        if fields:
            keys = [grid(picture, 1) for picture in plan.source[level : level + 2]]
            fields = finer(fields, plan.params.ratio, plan.sizes[level:], keys, wrap=plan.wrap, threads=threads)
        part, fields = scene.part(image), scene.start(fields, grid(key, params.patch_size), plan.seed)
        method = choose(params.method, grid(part, params.patch_size, plan.wrap), grid(key, params.patch_size))
        for iteration in range(number * count, (number + 1) * count):
            seed = mix(plan.seed, level + 1, iteration + 1)
            key = value if iteration and level < params.sharp_levels else key       # ours too
            part, fields = _pnn(part, key, value, params, fields, scene.masks, seed, threads)
            ended = iteration > number * count and fields.moved <= params.tolerance
            done = ended or iteration + 1 == (number + 1) * count
            step = Step(level, iteration, fields.moved, method, done and level == 0, scene.whole(image, part, fields))
            yield step
            if done:
                break
        image, fields = step.image, step.fields
