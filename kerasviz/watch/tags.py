"""The tags of an evolution: what a source's frames are called, and that no two sources write one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from kerasviz.errors import InputError


def tag_of(kind: str, layer: str, name: str | None = None) -> str:
    """Return `KIND/LAYER`, or `KIND/NAME/LAYER` for a source with a name.

    >>> tag_of("responses", "conv1"), tag_of("responses", "conv1", "cat")
    ('responses/conv1', 'responses/cat/conv1')
    """
    return "/".join(part for part in (kind, name, layer) if part)


def check_name(name: str | None) -> str | None:
    """Return a source's name, refused where it would not be seen in the tag.

    Raises:
        InputError: it is no text, or holds nothing beside slashes and spaces.
    """
    if name is not None and (not isinstance(name, str) or not name.strip("/ ")):
        raise InputError(f"The name of a source is {name!r}; it must be a text, such as 'cat'.")
    return name if name is None else name.strip("/ ")


def refuse_shared(tags: Iterable[str]) -> None:
    """Refuse tags that are written twice: the later frames would replace the others without a word.

    Raises:
        InputError: some are.
    """
    shared = [tag for tag, count in Counter(tags).items() if count > 1]
    if shared:
        more = f", and {len(shared) - 1} more" if len(shared) > 1 else ""
        raise InputError(
            f"Two sources would write the tag {shared[0]!r}{more}, and one would lose its frames: give one a "
            "name, as in kv.watch.responses('cat.jpg', 'conv1', name='cat'), or leave one out."
        )
