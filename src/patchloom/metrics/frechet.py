"""The Frechet distance between two Gaussians."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..checks import as_numbers
from ..errors import ParameterError, explain

_TOLERANCE = 1e-6                                         # of the largest entry: what rounding may do to a covariance


def frechet_distance(mean_a: Any, cov_a: Any, mean_b: Any, cov_b: Any) -> float:
    """Return the Frechet distance between two Gaussians (the squared 2-Wasserstein distance).

    ``|mean_a - mean_b|**2 + trace(A + B - 2 (A^(1/2) B A^(1/2))^(1/2))``, lower is nearer, 0
    where both are the same. The last trace is the sum of the square roots of the eigenvalues of
    A^(1/2) B A^(1/2), found as the singular values of A^(1/2) B^(1/2): so none is squared
    first, and singular covariances lose no digits. Fooled by distributions that are no
    Gaussians: only means and covariances are compared.

    Parameters
    ----------
    mean_a, mean_b : array (D,)
        Means.
    cov_a, cov_b : array (D, D)
        Covariances: symmetric, without negative eigenvalues.

    Returns
    -------
    float
        0 or more, in squared units of the values; the same on every machine to about 1e-12 of the traces.

    Raises
    ------
    ParameterError
        If shapes differ, values are not finite, or a matrix is no covariance.

    References
    ----------
    Dowson and Landau, "The Frechet distance between multivariate normal distributions"
    (Journal of Multivariate Analysis 12, 1982).

    Examples
    --------
    Variances 1 and 4 in one dimension, 3 apart: 3**2 + (2 - 1)**2.

    >>> from patchloom import metrics
    >>> metrics.frechet_distance([0.0], [[1.0]], [3.0], [[4.0]])
    10.0
    """
    first, second = _vector(mean_a, "mean_a"), _vector(mean_b, "mean_b")
    if first.shape != second.shape:
        raise ParameterError(explain("mean_b.shape", second.shape, f"must be {first.shape}, that of mean_a"))
    root_a, root_b = _root(cov_a, len(first), "cov_a"), _root(cov_b, len(first), "cov_b")
    shared = np.linalg.svd(root_a.T @ root_b, compute_uv=False).sum()
    spread = np.square(root_a).sum() + np.square(root_b).sum() - 2 * shared
    return float(np.square(first - second).sum() + max(spread, 0.0))


def _vector(value: Any, name: str) -> npt.NDArray[np.float64]:
    vector = as_numbers(value, name)
    if vector.ndim != 1 or not vector.size:
        raise ParameterError(explain(f"{name}.shape", vector.shape, "must be (D,)"))
    return vector


def _root(value: Any, size: int, name: str) -> npt.NDArray[np.float64]:
    """Return R with R R^T = the covariance (R^T S has the singular values of the two square roots' product)."""
    matrix = as_numbers(value, name)
    if matrix.shape != (size, size):
        raise ParameterError(explain(f"{name}.shape", matrix.shape, f"must be {(size, size)}"))
    slack = _TOLERANCE * float(np.abs(matrix).max())
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    if np.abs(matrix - matrix.T).max() > slack or values[0] < -slack:
        raise ParameterError(
            explain(name, f"smallest eigenvalue {values[0]:.3g}", "must be symmetric without negative eigenvalues",
                    "pass a covariance, as numpy.cov gives it")
        )
    noise = np.finfo(np.float64).eps * size * max(float(values[-1]), 0.0)
    return vectors * np.sqrt(np.where(values > noise, values, 0.0))

