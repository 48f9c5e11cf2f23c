"""The parameters of requests, refused in a sentence where they are missing or wrong."""

from __future__ import annotations

from werkzeug.wrappers import Request

from kerasviz.tab.answer import RefusedRequestError


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


def _whole(name: str, value: str) -> int:
    try:
        number = int(value)
    except ValueError:
        number = None
    if number is None or abs(number) >= 2**63:
        raise RefusedRequestError(400, f"The parameter {name!r} is {value!r}; expected a whole number.")
    return number
