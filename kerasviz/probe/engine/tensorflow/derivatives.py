"""Derivatives of kerasviz's own in TensorFlow's registry, which takes each name once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import tensorflow as tf


def registered(name: str, derivative: Callable[..., Any]) -> None:
    """Register a derivative; where the name is taken (a module is loaded again), it stays as it is."""
    with contextlib.suppress(KeyError):
        tf.RegisterGradient(name)(derivative)
