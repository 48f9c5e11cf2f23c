"""A method of explanation, declared: all that commands, documents, errors and tests need to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kerasviz.errors import InputError, did_you_mean
from kerasviz.explanation.cams.weigh import Weighting
from kerasviz.explanation.found import Found
from kerasviz.explanation.option import Option
from kerasviz.explanation.request import Request

# The families: class activation maps of one run, hidden parts in many runs, gradients by the pixels, scores
# of attention.
CAM, PERTURBATION, GRADIENT, TRANSFORMER = "cam", "perturbation", "gradient", "transformer"

# (request, **options) -> what was found for the pictures.
Run = Callable[..., Found]


@dataclass(frozen=True)
class Method:
    """One method of explanation.

    Attributes:
        name: as it is passed to `explain`.
        title: as it is drawn.
        paper: authors, title, where and when.
        equation: the map in a line; the docstring of what runs it explains the symbols.
        family: `CAM`, `PERTURBATION`, `GRADIENT` or `TRANSFORMER`.
        run: `(request, **options)` with a value for every option -> what was found.
        options: what may be passed beside the arguments that all methods share.
        takes_layer: whether its map is made of a layer's activations.
        layer_if: (option, value) with which alone a layer is taken; None where it always is, or never.
        signed: whether, with the default options, values below 0 speak against the class.
        zero_is_nothing: whether the value 0 means that there is no evidence. Where not, only differences
            within the map mean something.
        passes: how many forward passes a picture costs: a number, or in words.
        error: what the error that comes with each map is; None where the method knows none.
        doubt: what was found, with the options -> a warning in words, or None where nothing is to be doubted.
        weighting: of the family `CAM`, what weighs a trace's activations.
    """

    name: str
    title: str
    paper: str
    equation: str
    family: str
    run: Run
    options: Sequence[Option] = ()
    takes_layer: bool = False
    layer_if: tuple[str, Any] | None = None
    signed: bool = False
    zero_is_nothing: bool = True
    passes: int | str = 1
    error: str | None = None
    doubt: Callable[[Found, Mapping[str, Any]], str | None] | None = None
    weighting: Weighting | None = None

    def __repr__(self) -> str:
        options = ", ".join(option.name for option in self.options) or "none"
        return f"Method({self.name}: {self.title}; options: {options})"

    def resolved(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return a checked value for every option of the method: what is passed, else the default.

        Raises:
            InputError: an option that the method does not have, or a value that it does not take.
        """
        known = {option.name: option for option in self.options}
        for name in options:
            if name not in known:
                hint = did_you_mean(name, known) if known else "It has none."
                raise InputError(f"Method {self.name} has no option {name!r}. {hint}")
        return {
            name: option.checked(self.name, options[name]) if name in options else option.default
            for name, option in known.items()
        }

    def uses_layer(self, options: Mapping[str, Any]) -> bool:
        """Return whether, with these resolved options, the map is made of a layer's activations."""
        if self.layer_if is None:
            return self.takes_layer
        name, value = self.layer_if
        return bool(options[name] == value)

    def refuse_layer(self, request: Request, options: Mapping[str, Any]) -> None:
        """Raise InputError where a layer was asked for and the method knows none."""
        if request.layer is None or self.uses_layer(options):
            return
        hint = "leave it out"
        if self.layer_if is not None:
            hint += ", or pass {}={!r}".format(*self.layer_if)
        raise InputError(f"Got layer={request.layer!r}; {self.name} explains a score, not a layer: {hint}.")
