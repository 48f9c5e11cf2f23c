"""Classes on the command line: found by index, by name, or by one of several names of one class."""

from __future__ import annotations

from collections.abc import Sequence

from kerasviz.cli.parts.number_flags import whole_number


def choose_classes(texts: Sequence[str], names: Sequence[str] | None) -> list[int]:
    """Return the indices of the classes that --class names, each once, in order.

    A text is an index, a name (see `kerasviz.models.find_class`), or a comma-separated list of these.

    Raises:
        TargetError: there is no such class, a text names none, or several share the name.

    >>> names = ["tench, Tinca tinca", "goldfish", "tabby, tabby cat"]
    >>> choose_classes(["tabby,1", "tench, Tinca tinca"], names)
    [2, 1, 0]
    """
    from kerasviz.errors import TargetError

    chosen: list[int] = []
    for text in texts:
        parts = [text] if text.strip() in (names or ()) else text.split(",")
        found = [_index(part.strip(), names) for part in parts if part.strip()]
        if not found:
            raise TargetError(f"--class is {text!r}, which names no class: pass an index or a name.")
        chosen += found
    return list(dict.fromkeys(chosen))


def class_label(index: int, names: Sequence[str] | None) -> str:
    """Return what to call a class: the first of its names, or its index where there are no names.

    Below 0 nothing but class 0 is predicted in a segmentation map, and there is no class to explain.

    >>> class_label(0, ["tench, Tinca tinca"]), class_label(7, None)
    ('tench', 'class 7')
    """
    if index < 0:
        return "no class"
    if names is None or not 0 <= index < len(names):
        return f"class {index}"
    return names[index].split(",")[0].strip()


def _index(text: str, names: Sequence[str] | None) -> int:
    from kerasviz.errors import TargetError
    from kerasviz.models import find_class

    number = None if text in (names or ()) else whole_number(text)
    if number is not None:
        return number
    if names is None:
        raise TargetError(
            f"The model stores no class names, so {text!r} means nothing: pass an index, or class_names."
        )
    return find_class(text, names)
