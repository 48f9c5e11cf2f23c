"""IDX files, plain and gzip: damaged, and with sizes that lie."""

from __future__ import annotations

import gzip
import random
import struct

from faults.damage import damaged
from faults.subject import Place, Run, Subject
from kerasviz.data.sets.fashion_mnist import load
from kerasviz.data.sets.idx import read_idx

_SIZES = (0, 1, 5, 6, 8, 28, 2**16, 2**31, 2**32 - 1)


def _make(rng: random.Random, place: Place) -> Run:
    kind, axes = rng.choice((("images", 3), ("labels", 1)))
    content = (place.corpus / "idx" / kind).read_bytes()
    if rng.random() < 0.3:
        sizes = [rng.choice(_SIZES) for _ in range(axes)]
        content = content[:4] + struct.pack(f">{axes}I", *sizes) + content[4 + 4 * axes :]
    elif rng.random() < 0.7:
        content = damaged(rng, content)
    packed = rng.random() < 0.4
    if packed:
        content = gzip.compress(content, mtime=0)
        content = damaged(rng, content) if rng.random() < 0.5 else content
    if rng.random() < 0.7:
        path = place.inputs / kind
        path.write_bytes(content)
        return lambda: read_idx(path, axes)
    ending = ".gz" if packed else ""
    for part in ("train", "t10k"):
        for other, axis_count in (("images", 3), ("labels", 1)):
            whole = (place.corpus / "idx" / f"{other}{ending}").read_bytes()
            name = f"{part}-{other}-idx{axis_count}-ubyte{ending}"
            (place.inputs / name).write_bytes(content if other == kind else whole)
    return lambda: load(place.inputs)


SUBJECT = Subject("idx", 80, _make, together=400)
