"""The JSON that says what a log holds: runs, tags, steps with their versions, scalars."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from kerasviz.events import FrameMeta, TagInfo

FORMAT = 1
_KINDS = ("kernels", "responses", "cams")


def tag_json(info: TagInfo, versions: Mapping[int, str]) -> str:
    """Return the JSON of one image tag."""
    width, height = info.size or (0, 0)
    return json.dumps(
        {
            "tag": info.tag,
            "steps": list(versions),
            "versions": list(versions.values()),
            "width": width,
            "height": height,
            "tiles": tiles_json(info.meta),
            "layer": info.meta.layer or None,
            "kind": shown_kind(info.meta),
        }
    )


def index_json(
    runs: Iterable[str],
    tags: Mapping[tuple[str, str], str],
    scalars: Iterable[tuple[str, str]],
    note: str | None,
) -> tuple[str, bytes]:
    """Return the version and the JSON of a whole log.

    Args:
        runs: the names of all runs.
        tags: by run and tag, their `tag_json`.
        scalars: run and tag of the scalars.
        note: what a person should know.
    """
    scalars = list(scalars)
    parts = []
    for run in runs:
        own = ",".join(text for (of, _), text in tags.items() if of == run)
        curves = json.dumps([tag for of, tag in scalars if of == run])
        parts.append(f'{{"run":{json.dumps(run)},"tags":[{own}],"scalars":{curves}}}')
    rest = f'"note":{json.dumps(note)},"runs":[{",".join(parts)}]'
    version = hashlib.blake2s(rest.encode(), digest_size=8).hexdigest()
    return version, f'{{"format":{FORMAT},"version":"{version}",{rest}}}'.encode()


def shown_kind(meta: FrameMeta) -> str:
    """Return what a frame shows, in a word: "kernels", "responses", "cams", "attention" or "image".

    >>> shown_kind(FrameMeta(kind="cams", method="attention_rollout"))
    'attention'
    """
    if meta.kind == "cams" and "attention" in meta.method:
        return "attention"
    return meta.kind if meta.kind in _KINDS else "image"


def tiles_json(meta: FrameMeta) -> dict[str, int] | None:
    """Return where the tiles of a sheet stand; None where a frame is no sheet."""
    known = {name: meta.tiles.get(name, 0) for name in ("columns", "height", "width", "gap", "count")}
    if min(known["columns"], known["height"], known["width"], known["count"]) < 1:
        return None
    return {"rows": -(-known["count"] // known["columns"]), **known}
