"""What the files of films are called: after their tags, no two of one log alike."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence

from kerasviz.events import TagInfo

# Most systems allow names of 255 bytes; a tile, a number and the ending come behind.
_MOST_BYTES = 180


def file_name(info: TagInfo, tile: int | None = None, ending: str = ".gif") -> str:
    """Return the name of a tag's film, no longer than systems allow: letters, digits, `_`, `.`, `#` and `-`.

    >>> file_name(TagInfo("train", "responses/conv1_2", "image", 1, 0, 0), tile=3)
    'train-responses-conv1_2-tile3.gif'
    """
    whole = info.tag if info.run == "." else f"{info.run}-{info.tag}"
    return f"{_plain(whole)}{'' if tile is None else f'-tile{tile}'}{ending}"


def file_names(infos: Sequence[TagInfo], tile: int | None = None, ending: str = ".gif") -> list[str]:
    """Return the names of several tags' films; a name that an earlier one has gets a number.

    Names that differ in case only, or in how their letters are encoded, are one on some disks, and so here.

    >>> tags = [TagInfo(".", tag, "image", 1, 0, 0) for tag in ("responses/a-b", "responses/a/b")]
    >>> file_names(tags)
    ['responses-a-b.gif', 'responses-a-b-2.gif']
    """
    taken: dict[str, int] = {}
    names = []
    for info in infos:
        name = plain = file_name(info, tile, "")
        number = taken.get(_on_disk(plain), 0)
        while _on_disk(name) in taken:
            number += 1
            name = f"{plain}-{number}"
        taken[_on_disk(plain)] = max(number, 1)
        taken.setdefault(_on_disk(name), 1)
        names.append(name + ending)
    return names


def _plain(text: str) -> str:
    plain = re.sub(r"[^\w.#]+", "-", unicodedata.normalize("NFC", text)).strip("-.") or "film"
    if len(plain.encode()) <= _MOST_BYTES:
        return plain
    # Long names that differ at their ends alone stay apart.
    digest = zlib.crc32(text.encode(errors="surrogatepass"))
    return f"{plain.encode()[:_MOST_BYTES].decode(errors='ignore')}-{digest:08x}"


def _on_disk(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
