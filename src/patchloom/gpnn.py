"""The paper on one page: Granot et al., "Drop the GAN" (CVPR 2022).

From coarse to fine, each patch of the current guess (query) looks up its nearest
neighbour among the patches of the blurred source (key) and is replaced by the patch at the
same place in the sharp source (value); overlapping patches vote. Three additions of ours are off in
the presets ``paper`` and ``official``: `balanced`, a sharp key late, and completeness at some levels only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from .checks import as_seed, as_threads
from .device.choosing import engine_on
from .engine import Engine
from .params import GPNNParams
from .patches import grid
from .scene import visits
from .search import check_pnn
from .search.matching import choose, narrowed
from .search.patchmatch import mix
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
    engine = Engine(as_threads(threads))
    return _pnn(engine, query, key, value, params, fields, Masks(valid, active), as_seed(seed))


def _pnn(
    engine: Engine, query: Image, key: Image, value: Image, params: GPNNParams, fields: Fields | None, masks: Masks,
    seed: int,
) -> tuple[Image, Fields]:
    kept = fields.kept_for(params, masks) if fields else None
    pair = engine.quantise(query, key, params, masks, kept)
    # 1. normalisation: how far each key is from the nearest query (equation 2)
    weight, reverse, changed, nnf = None, None, pair.changed, None
    if params.alpha < np.inf:
        weight, reverse, changed, nnf = engine.normalise(pair, fields, masks, params, mix(seed, REVERSE))
    # 2. nearest neighbours by normalised score, where they are not known by now
    if nnf is None:
        looked_at = replace(masks, active=narrowed(masks.active, changed))
        nnf = engine.match(pair, fields, weight, looked_at, params, mix(seed, FORWARD))
    # 3. replace each patch by its value; 4. fold
    before = fields.forward if fields and kept else None
    image, moved = engine.vote_again(value, nnf, query, kept, before, masks, params.fold)
    return image, Fields(nnf, reverse, moved, Kept(pair.kept(), value, image, params, masks, (nnf, reverse)))


def steps(plan: Plan, *, threads: int = 0, device: Any = "cpu") -> Iterator[Step]:
    """Yield every iteration of a run, coarse to fine (the paper's section 3.1).

    Stop iterating to cancel. Each step holds a whole picture, so progress, previews and
    debugging need nothing else from the engine.

    Parameters
    ----------
    plan : Plan
        What to run.
    threads : int
        0 means all cores; no result depends on it.
    device : str or torch.device
        As for `patchloom.generate`; no result depends on it.

    Yields
    ------
    Step
        One per iteration, the coarsest level first.
    """
    engine = engine_on(device, threads=threads)
    yield from engine.guarded(_steps(engine, plan))


def _steps(engine: Engine, plan: Plan) -> Iterator[Step]:
    scale, image, fields = 1 / plan.params.ratio, engine.first_guess(plan), None
    for level, number, stage in visits(plan):
        value, key = engine.source(plan, level), engine.blurred_key(plan, level)
        scene, count, params = engine.scene(plan, level, stage), plan.iterations_at(level), plan.params_at(level)
        if level + 1 < len(plan.sizes):                   # up from the coarser level; the coarsest begins anew
            image = engine.resized(scene, image, scale)
            image = engine.balanced(image, key, plan, level)      # ours, not the paper's: see docs/quality.md
        else:
            image, fields = engine.resized(scene, image, None), None
        if fields:
            fields = engine.finer(fields, plan, level)
        part, fields = scene.part(image), scene.start(fields, grid(key, params.patch_size), plan.seed)
        method = choose(params.method, grid(part, params.patch_size, plan.wrap), grid(key, params.patch_size))
        for iteration in range(number * count, (number + 1) * count):
            seed = mix(plan.seed, level + 1, iteration + 1)
            key = value if iteration and level < params.sharp_levels else key       # ours too
            part, fields = _pnn(engine, part, key, value, params, fields, scene.masks, seed)
            ended = iteration > number * count and fields.moved <= params.tolerance
            done = ended or iteration + 1 == (number + 1) * count
            whole = scene.whole(image, part, fields)
            yield Step(level, iteration, fields.moved, method, done and level == 0, engine.shown(whole))
            if done:
                break
        image, fields = whole()
