"""Subtracting the mean image inside the model, so that the model takes raw pictures."""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kerasviz.errors import InputError, UnsupportedModelError

# A mean image is too big for a config. The config names it by its digest, and every mean image that is alive
# in this process is found here by that name: a clone of a layer finds the image of the original.
_LIVE: weakref.WeakValueDictionary[str, np.ndarray] = weakref.WeakValueDictionary()


@keras.saving.register_keras_serializable(package="kerasviz")
class MeanSubtraction(keras.layers.Layer):
    """Subtract a fixed mean from every picture of a batch.

    The mean is state of the layer but no weight: it is not counted, trained, decayed or drawn.

    - A number, or one number a channel, is written into the layer's config.
    - A mean image `(h, w, channels)` is saved beside the weights (in `.keras` and `.weights.h5` files) and
      only named in the config. `keras.models.clone_model` finds it again while the original layer lives. A
      layer made from its config alone, in a process that does not know the image, works as a part of a graph
      but raises UnsupportedModelError when it first runs, rather than subtract nothing. The old `.h5` format
      for whole models cannot hold the image.

    Values are subtracted in float32 and only then cast to the compute dtype of a mixed-precision policy. The
    image becomes a constant of every compiled function and of an exported SavedModel.

    The layer also says in its config which pictures the model takes: `kv.PictureForm` reads it.

    Args:
        mean: a number, an array `(channels,)` or an array `(h, w, channels)`, all values finite.
        input_range: the values for black and white in the pictures that come in.

    Raises:
        InputError: the mean has another rank, is not finite, or does not fit the layer's input; the range is
            not two numbers, the smaller first.

    >>> layer = MeanSubtraction([1.0, 2.0, 3.0])
    >>> keras.ops.convert_to_numpy(layer(np.full((1, 1, 1, 3), 5.0))).ravel().tolist()
    [4.0, 3.0, 2.0]
    >>> layer.count_params()
    0
    """

    def __init__(self, mean: Any, input_range: Sequence[float] = (0.0, 255.0), **kwargs: Any) -> None:
        # autocast=False: raw pictures must not be rounded to half precision before the subtraction.
        super().__init__(autocast=False, **kwargs)
        if len(input_range) != 2 or not input_range[0] < input_range[1]:
            raise InputError(
                f"input_range is {input_range!r}; pass the values for black and white, such as (0, 1)."
            )
        self._input_range = (float(input_range[0]), float(input_range[1]))
        self._keep(_checked(mean))
        self._used = False

    def _keep(self, mean: np.ndarray) -> None:
        self._mean = mean
        self._known = True
        self._digest = hashlib.sha256(mean.tobytes()).hexdigest()[:16]
        _LIVE[self._digest] = mean

    @property
    def input_range(self) -> tuple[float, float]:
        """The values for black and white in the pictures that come in."""
        return self._input_range

    @property
    def known(self) -> bool:
        """Whether the layer has its mean, and not only the name of a mean image."""
        return self._known

    @property
    def mean(self) -> np.ndarray:
        """The mean, float32, read-only.

        Raises:
            UnsupportedModelError: the layer was made from a config and its mean image is not known.
        """
        if not self._known:
            raise UnsupportedModelError(
                f"the layer {self.name!r} was made from its config alone and its mean image "
                f"{self._mean.shape} is not known: load the weights from the .keras or .weights.h5 file."
            )
        return self._mean

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Check that the mean fits pictures of `input_shape` `(N, h, w, channels)`."""
        pairs = zip(reversed(self._mean.shape), reversed(input_shape[1:]), strict=False)
        fits = self._mean.ndim < len(input_shape) and all(a == b or b is None for a, b in pairs)
        if not fits:
            raise InputError(
                f"a mean of shape {self._mean.shape} cannot be subtracted from pictures of shape "
                f"{tuple(input_shape[1:])}: give a number, one a channel, or an image of the same shape."
            )
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        """Return `inputs - mean` in the compute dtype."""
        difference = keras.ops.cast(inputs, "float32") - keras.ops.convert_to_tensor(self.mean)
        self._used = True
        return keras.ops.cast(difference, self.compute_dtype)

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        """Describe the output without running: a graph can be built before the mean image is loaded."""
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return `input_shape`."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the config; a mean image appears in it as its shape and digest."""
        image = {"shape": list(self._mean.shape), "digest": self._digest}
        mean = image if self._mean.ndim == 3 else self._mean.tolist()
        return {**super().get_config(), "mean": mean, "input_range": list(self._input_range)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> MeanSubtraction:
        """Make a layer from `config`; a mean image is taken from a living layer, or awaited from a file."""
        mean = config["mean"]
        if not isinstance(mean, dict):
            return cls(**config)
        live = _LIVE.get(mean["digest"])
        layer = cls(**{**config, "mean": 0.0 if live is None else live})
        if live is None:
            layer._known = False
            layer._mean = np.zeros(mean["shape"], np.float32)
            layer._digest = mean["digest"]
        return layer

    def save_own_variables(self, store: Any) -> None:
        """Write the mean beside the weights of the model."""
        store["mean"] = self.mean

    def load_own_variables(self, store: Any) -> None:
        """Read the mean from beside the weights of the model.

        Raises:
            InputError: the file's mean has another shape, or differs from the one that this layer has
                already used: compiled functions would go on subtracting the old one.
        """
        mean = _checked(np.array(store["mean"]))
        if mean.shape != self._mean.shape:
            raise InputError(
                f"the layer {self.name!r} subtracts a mean of shape {self._mean.shape}, but the file holds "
                f"one of shape {mean.shape}: make the model with the file's picture size."
            )
        if self._used and not np.array_equal(mean, self._mean):
            raise InputError(
                f"the file's mean image differs from the one that layer {self.name!r} has already used: "
                "load the file into a model that has not run yet."
            )
        self._keep(mean)


def _checked(mean: Any) -> np.ndarray:
    """Return a read-only float32 copy of `mean`."""
    mean = np.array(mean, dtype=np.float32)
    if mean.ndim not in (0, 1, 3):
        raise InputError(
            f"a mean must be a number, one number a channel or a picture (h, w, channels), "
            f"but its shape is {mean.shape}."
        )
    if not np.isfinite(mean).all():
        raise InputError(
            f"the mean of shape {mean.shape} holds {np.count_nonzero(~np.isfinite(mean))} values that are "
            "not finite: leave the damaged pictures out of it."
        )
    mean.setflags(write=False)
    return mean
