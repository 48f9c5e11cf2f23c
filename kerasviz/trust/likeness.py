"""How alike two maps are: in the order of their pixels, and in their structure."""

from __future__ import annotations

import cv2
import numpy as np

# Of the index of structural similarity, Wang et al. 2004.
_SIGMA, _K1, _K2 = 1.5, 0.01, 0.03


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return Spearman's rank correlation of two arrays: Pearson's of their ranks.

    A constant array has no order: NaN, where one of them is.

    >>> rank_correlation(np.array([1, 2, 3]), np.array([10, 30, 20]))
    0.5
    """
    ranks = [_ranks(np.asarray(values).ravel()) for values in (one, other)]
    centred = [values - values.mean() for values in ranks]
    length = np.sqrt((centred[0] ** 2).sum() * (centred[1] ** 2).sum())
    return float(centred[0] @ centred[1] / length) if length > 0 else np.nan


def structural_similarity(one: np.ndarray, other: np.ndarray) -> float:
    """Return the mean index of structural similarity of two maps `(h, w)`, each stretched to 0..1.

    Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity", IEEE TIP 2004,
    equation 13, with its Gaussian window of 11 x 11 pixels and deviation 1.5:

        SSIM = (2 m_a m_b + C_1) (2 s_ab + C_2) / ((m_a^2 + m_b^2 + C_1) (s_a^2 + s_b^2 + C_2))

    NaN where one of the maps is constant: there is nothing to stretch.

    m are the local means, s^2 the local variances, s_ab the covariance, C_1 = 0.01^2, C_2 = 0.03^2.

    >>> structural_similarity(np.eye(12), np.eye(12))
    1.0
    """
    a, b = (_stretched(np.asarray(values, np.float64)) for values in (one, other))
    if a is None or b is None:
        return np.nan
    mean_a, mean_b = _local_mean(a), _local_mean(b)
    variance_a = _local_mean(a * a) - mean_a**2
    variance_b = _local_mean(b * b) - mean_b**2
    covariance = _local_mean(a * b) - mean_a * mean_b
    top = (2 * mean_a * mean_b + _K1**2) * (2 * covariance + _K2**2)
    bottom = (mean_a**2 + mean_b**2 + _K1**2) * (variance_a + variance_b + _K2**2)
    return float((top / bottom).mean())


def _ranks(values: np.ndarray) -> np.ndarray:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places]


def _stretched(values: np.ndarray) -> np.ndarray | None:
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else None


def _local_mean(values: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(values, (11, 11), _SIGMA, borderType=cv2.BORDER_REFLECT)
