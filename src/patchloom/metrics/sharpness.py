"""How sharp a generated picture is beside its source."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ImageError, explain
from ..types import Image
from .comparison import Comparison, compare
from .grey import luma
from .measured import Measured


def sharpness_ratio(generated: Any, source: Any) -> float:
    """Return the mean gradient of the generated picture's grey over that of the source's.

    1 is best: below are blur and lost texture, above are noise and seams. A picture with
    both blur and noise may score 1, and so does one that rearranges content; where the
    composition changes (more sky, less wood), the ratio changes for no fault.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, C) and (K, L, C), of any sizes, at least 3 pixels a side. Red, green and blue
        are weighted as MATLAB's rgb2gray does; of other pictures it is the mean of the
        channels. Alpha is left out, after colours were multiplied by it.

    Returns
    -------
    float
        0 or more.

    Raises
    ------
    ImageError
        If the pictures cannot be compared, or the source is flat.

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> source = np.arange(100, dtype=np.uint8).reshape(10, 10)
    >>> metrics.sharpness_ratio(source // 2 * 2, source) > 1      # steps of two where there were steps of one
    True
    """
    return sharpness_ratio_of(compare(generated, source, patch_size=3)).value


def sharpness_ratio_of(pair: Comparison) -> Measured:
    """Return `sharpness_ratio` of a comparison, with both gradients."""
    made, own = (gradient(image, alpha=pair.alpha) for image in (pair.generated, pair.source))
    if own == 0:
        raise ImageError(explain("source", "one flat colour", "must have an edge", "leave sharpness_ratio out"))
    return Measured(made / own, {"generated": made, "source": own})


def gradient(image: Image, *, alpha: bool) -> float:
    """Return the mean length of the grey's gradient, by differences to the pixels below and to the right."""
    grey = luma(image, alpha=alpha)
    down, right = grey[1:, :-1] - grey[:-1, :-1], grey[:-1, 1:] - grey[:-1, :-1]
    return float(np.sqrt(down * down + right * right).mean())
