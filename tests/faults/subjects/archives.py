"""Archives of downloads: damaged, and made to land elsewhere."""

from __future__ import annotations

import gzip
import io
import random
import tarfile

from faults.damage import damaged
from faults.subject import Place, Run, Subject
from kerasviz.data.download import unpack

_NAMES = (
    "images/a",
    "images",
    "images/../../beside/mine.txt",
    "../beside/mine.txt",
    "/tmp/kerasviz-escaped",
    "images/" + "n" * 300,
    "images/" + "d/" * 300 + "a",
    "images/nul\0inside",
    "images/\udcff",
    "images/.",
    "images/..",
    "..",
    "",
    "images//a",
    "images\\..\\..\\a",
    "C:/a",
    "images/a\nb",
)
_KINDS = (
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
    tarfile.CHRTYPE,
    tarfile.FIFOTYPE,
    tarfile.DIRTYPE,
    b"L",
    b"x",
    b"S",
)


def _make(rng: random.Random, place: Place) -> Run:
    content = (place.corpus / "images.tar").read_bytes()
    if rng.random() < 0.6:
        content = _with_odd_members(rng)
    if rng.random() < 0.5:
        content = damaged(rng, content)
    if rng.random() < 0.7:
        content = gzip.compress(content, mtime=0)
        content = damaged(rng, content) if rng.random() < 0.3 else content
    path = place.inputs / "images.tar.gz"
    path.write_bytes(content)
    return lambda: unpack(path, "images", place.out / "data")


def _with_odd_members(rng: random.Random) -> bytes:
    buffer = io.BytesIO()
    form = rng.choice((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))
    with tarfile.open(fileobj=buffer, mode="w", format=form, errors="surrogateescape") as archive:
        for _ in range(rng.randint(1, 5)):
            member = tarfile.TarInfo(rng.choice(_NAMES))
            member.mode = rng.choice((0o644, 0o4777, 0o000, 0o2777, 0o7777))
            content = rng.randbytes(rng.randrange(40))
            if rng.random() < 0.4:
                member.type = rng.choice(_KINDS)
                member.linkname = rng.choice((*_NAMES, "/etc/passwd", "../beside"))
                content = b""
            member.size = len(content)
            if form == tarfile.PAX_FORMAT and rng.random() < 0.3:
                member.pax_headers = {rng.choice(("path", "size", "mtime", "GNU.sparse.size")): "9" * 30}
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


SUBJECT = Subject("archives", 80, _make, together=400)
