"""How the model of an explanation takes pictures: found when something is drawn, for it takes a while."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence

import keras

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.images import PictureForm, checked_range


class FormSource:
    """Finds the form of a model, which it does not keep alive; pickled, it is the form itself."""

    def __init__(self, model: keras.Model, input_range: Sequence[float] | None) -> None:
        self._model = weakref.ref(model)
        self._input_range = None if input_range is None else checked_range(input_range)

    def __call__(self) -> PictureForm | None:
        """Return how the model takes pictures; None where it does not take one picture.

        Raises:
            InputError: the model no longer exists.
        """
        model = self._model()
        if model is None:
            raise InputError("The model no longer exists: keep a reference to it to draw its explanations.")
        try:
            return PictureForm.of(model, input_range=self._input_range)
        except UnsupportedModelError:
            return None

    def __reduce__(self) -> tuple[type[KnownForm], tuple[PictureForm | None]]:
        return KnownForm, (self(),)


class KnownForm:
    """A form that is known, or None."""

    def __init__(self, form: PictureForm | None) -> None:
        self._form = form

    def __call__(self) -> PictureForm | None:
        """Return it."""
        return self._form


Forms = Callable[[], PictureForm | None]
