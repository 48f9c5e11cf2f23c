"""The exceptions kerasviz raises on purpose.

    KerasvizError
    |-- InputError (also a ValueError)      a value that was passed cannot be used
    |   |-- LayerNotFoundError              no layer has that name or path
    |   |-- TargetError                     what to explain does not exist in the model's output
    |   `-- ImageError                      a picture cannot be read, or has the wrong shape
    |-- UnsupportedModelError               the model is of a kind that the request cannot work on
    |-- ModelFileError                      a model file is missing, damaged or unsafe
    |-- DatasetError                        a data set is missing, incomplete or damaged
    |-- LogError                            an event log is missing, empty or in use
    |-- OutputError                         a file or folder cannot be written
    |-- DivergedError                       a training was stopped: its loss was no number any more
    `-- MissingDependencyError (also an ImportError)   an optional package is not installed

Every message says what was received, what is expected, and how to mend it. The command line prints the
message as one sentence and exits with 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class KerasvizError(Exception):
    """The base of every exception that kerasviz raises on purpose."""


class InputError(KerasvizError, ValueError):
    """A value that was passed cannot be used."""


class LayerNotFoundError(InputError):
    """No layer of the model has that name or path."""


class TargetError(InputError):
    """What is to be explained does not exist in the model's output."""


class ImageError(InputError):
    """A picture cannot be read, or has the wrong shape."""


class UnsupportedModelError(KerasvizError):
    """The model is of a kind that the request cannot work on."""


class ModelFileError(KerasvizError):
    """A model file is missing, damaged or unsafe to load."""


class DatasetError(KerasvizError):
    """A data set is missing, incomplete or damaged."""


class LogError(KerasvizError):
    """An event log is missing, empty or in use."""


class OutputError(KerasvizError):
    """A file or folder cannot be written: a full disk, no permission, a name that is taken or too long."""


class DivergedError(KerasvizError):
    """A training was stopped because its loss was no number any more."""


class MissingDependencyError(KerasvizError, ImportError):
    """An optional package is not installed."""


def did_you_mean(name: str, choices: Iterable[str], count: int = 5) -> str:
    """Return a sentence naming the choices nearest to `name`, to end an error message with.

    >>> did_you_mean("conv1_3", ["conv1_1", "conv1_2", "fc1"], count=2)
    'Did you mean conv1_2 or conv1_1?'
    >>> did_you_mean("zzz", ["conv1_1", "fc1"])
    'There are: conv1_1, fc1.'
    """
    choices = list(choices)
    near = difflib.get_close_matches(name, choices, n=count, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    shown = ", ".join(choices[: 4 * count])
    more = len(choices) - 4 * count
    return f"There are: {shown}{f' and {more} more' if more > 0 else ''}."


def one_line(error: BaseException) -> str:
    """Return what another library's error says in one line that holds the reason, short enough to quote.

    Keras writes what it was doing first, with whole configs in it, and why that failed last.

    >>> one_line(TypeError("Dense could not be made.\\n\\nException encountered: units is missing"))
    'units is missing'
    >>> one_line(ValueError("Example error message for object x:\\n\\nno such weight."))
    'Example error message for object x: no such weight'
    """
    text = str(error).rpartition("Exception encountered: ")[2].strip("'\" \n")
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [type(error).__name__]
    first = " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]
    return first[:300].rstrip(".")
