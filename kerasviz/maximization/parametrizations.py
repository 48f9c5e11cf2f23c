"""Parametrizations: what numbers a picture is made from, and so in which directions a search moves.

Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017, section "Preconditioning and
Parameterization": the same gradient ascent from better numbers finds smoother, more natural pictures. Every
parametrization makes unbounded values, and 1 / (1 + exp(-values)) makes the picture in 0..1.
"""

from __future__ import annotations

import abc
import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from kerasviz.errors import InputError

# The colours of photographs, measured: with the covariance V diag(l) V^T of RGB (0..1) over the pixels of all
# 600 pictures of three breeds of the Oxford-IIIT Pets (each averaged down to 64 x 64), V diag(sqrt(l)),
# divided so that its rows have a mean square length of 1. The columns are brightness (90 % of the variance),
# blue to red, and green to magenta.
COLOR_AXES = np.array(
    [[0.936, -0.316, 0.076], [0.971, 0.015, -0.165], [0.978, 0.288, 0.091]],
    np.float32,
)


class Parametrization(abc.ABC):
    """Numbers that pictures are made from."""

    @abc.abstractmethod
    def latent(self, shape: tuple[int, int, int], rng: np.random.Generator) -> np.ndarray:
        """Return the numbers, float32, that the search for a picture (h, w, C) starts from."""

    @abc.abstractmethod
    def values(self, latents: Any) -> Any:
        """Return unbounded values (N, h, w, C) from the numbers of N pictures, differentiable."""


@dataclass(frozen=True)
class Pixels(Parametrization):
    """Every value a number of its own, normally distributed with `deviation` at the start."""

    deviation: float = 0.01

    def latent(self, shape: tuple[int, int, int], rng: np.random.Generator) -> np.ndarray:
        """Return (h, w, C)."""
        return self.deviation * rng.standard_normal(shape, np.float32)

    def values(self, latents: Any) -> Any:
        """Return the numbers as they are."""
        return latents


@dataclass(frozen=True)
class Fourier(Parametrization):
    """A number for every frequency, weighed as photographs are: by 1 / frequency ** `decay`.

    The real form of the Fourier transform (Hartley's, Re F - Im F, orthonormal), so that there are as many
    numbers as values. The lowest frequency counts as one period across the longer side; weights have a mean
    square of 1, so that values start with the standard deviation `deviation`.
    """

    deviation: float = 0.01
    decay: float = 1.0

    def latent(self, shape: tuple[int, int, int], rng: np.random.Generator) -> np.ndarray:
        """Return (C, h, w)."""
        height, width, channels = shape
        return self.deviation * rng.standard_normal((channels, height, width), np.float32)

    def values(self, latents: Any) -> Any:
        """Return the transform of the weighed numbers."""
        height, width = latents.shape[2:]
        weighed = latents * frequency_weights(height, width, self.decay)
        real, imaginary = ops.fft2((weighed, ops.zeros_like(weighed)))
        return ops.transpose((real - imaginary) / np.float32(np.sqrt(height * width)), (0, 2, 3, 1))


@dataclass(frozen=True)
class Decorrelated(Parametrization):
    """Another parametrization whose channels are brightness, blue to red, and green to magenta.

    As strong and as seldom as in photographs (`COLOR_AXES`): without it, each colour is searched for itself
    and pictures turn out in colours that no photograph has.
    """

    base: Parametrization

    def latent(self, shape: tuple[int, int, int], rng: np.random.Generator) -> np.ndarray:
        """Return what the other parametrization starts from."""
        if shape[-1] != 3:
            raise InputError(f"decorrelated is for RGB pictures; the model takes {shape[-1]} channels.")
        return self.base.latent(shape, rng)

    def values(self, latents: Any) -> Any:
        """Return RGB values."""
        return ops.matmul(self.base.values(latents), COLOR_AXES.T)


def picture_of(parametrization: Parametrization, latents: Any) -> Any:
    """Return pictures (N, h, w, C) in 0..1."""
    return ops.sigmoid(parametrization.values(latents))


@functools.lru_cache(maxsize=8)
def frequency_weights(height: int, width: int, decay: float) -> np.ndarray:
    """Return the weight of each frequency of a transform (height, width), float32, of mean square 1.

    >>> frequency_weights(1, 4, 0.0).tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    """
    cycles = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None])
    weights = np.maximum(cycles, 1 / max(height, width)) ** -decay
    return (weights / np.sqrt(np.mean(weights**2))).astype(np.float32)
