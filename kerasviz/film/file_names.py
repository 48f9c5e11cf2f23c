"""What the files of films are called: after their tags, no two of one log alike."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kerasviz.events import TagInfo


def file_name(info: TagInfo, tile: int | None = None, ending: str = ".gif") -> str:
    """Return the name of a tag's film.

    >>> file_name(TagInfo("train", "responses/conv1_2", "image", 1, 0, 0), tile=3)
    'train-responses-conv1_2-tile3.gif'
    """
    parts = [info.run] * (info.run != ".") + [info.tag] + [f"tile{tile}"] * (tile is not None)
    return re.sub(r"[^\w.#]+", "-", "-".join(parts)).strip("-.") + ending


def file_names(infos: Sequence[TagInfo], tile: int | None = None, ending: str = ".gif") -> list[str]:
    """Return the names of several tags' films; a name that an earlier one has gets a number.

    Names that differ in case only are one on some disks, and so here.

    >>> tags = [TagInfo(".", tag, "image", 1, 0, 0) for tag in ("responses/a-b", "responses/a/b")]
    >>> file_names(tags)
    ['responses-a-b.gif', 'responses-a-b-2.gif']
    """
    taken: set[str] = set()
    names = []
    for info in infos:
        name = plain = file_name(info, tile, "")
        number = 1
        while name.lower() in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add(name.lower())
        names.append(name + ending)
    return names
