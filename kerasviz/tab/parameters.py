"""The parameters of requests, refused in a sentence where they are missing or wrong."""

from __future__ import annotations

from werkzeug.wrappers import Request

from kerasviz.tab.answer import RefusedRequestError

# The log keeps steps in 64 bits.
_MOST = 2**63 - 1


def text(request: Request, name: str) -> str:
    """Return a parameter.

    Raises:
        RefusedRequestError: it is missing.
    """
    value = request.args.get(name)
    if value is None:
        raise RefusedRequestError(400, f"The parameter {name!r} is missing.")
    return value


def whole_numbers(request: Request, name: str, most: int) -> list[int]:
    """Return a parameter that is given once or several times.

    Raises:
        RefusedRequestError: it is not given, more than `most` times, or not a whole number.
    """
    values = request.args.getlist(name)
    if not 1 <= len(values) <= most:
        raise RefusedRequestError(
            400, f"The parameter {name!r} is given {len(values)} times; expected 1 to {most}."
        )
    return [_whole(name, value) for value in values]


def whole_number(
    request: Request,
    name: str,
    least: int = -_MOST,
    most: int = _MOST,
    *,
    default: int | None = None,
) -> int:
    """Return a parameter that is a whole number.

    Raises:
        RefusedRequestError: it is missing without a default, not a whole number, or out of its range.
    """
    if default is not None and name not in request.args:
        return default
    number = _whole(name, text(request, name))
    if not least <= number <= most:
        end = f" to {most:,}" if most < _MOST else " or more"
        raise RefusedRequestError(400, f"The parameter {name!r} is {number}; expected {least:,}{end}.")
    return number


def number(request: Request, name: str, *, default: float) -> float:
    """Return a parameter that is a number.

    Raises:
        RefusedRequestError: it is not a number.
    """
    value = request.args.get(name, default)
    try:
        return float(value)
    except ValueError:
        raise RefusedRequestError(400, f"The parameter {name!r} is {value!r}; expected a number.") from None


def one_of(request: Request, name: str, choices: tuple[str, ...], *, default: str | None = None) -> str:
    """Return a parameter that is one of several words.

    Raises:
        RefusedRequestError: it is missing without a default, or another word.
    """
    value = text(request, name) if default is None else request.args.get(name, default)
    if value not in choices:
        raise RefusedRequestError(
            400, f"The parameter {name!r} is {value!r}; expected one of {', '.join(choices)}."
        )
    return value


def _whole(name: str, value: str) -> int:
    try:
        number = int(value)
    except ValueError:
        number = None
    if number is None or abs(number) > _MOST:
        raise RefusedRequestError(400, f"The parameter {name!r} is {value!r}; expected a whole number.")
    return number
