"""Pictures of every format that is offered: damaged, and of sizes that lie."""

from __future__ import annotations

import random
import struct
import zlib

from faults.damage import damaged
from faults.subject import Place, Run, Subject
from kerasviz.images import check_image, read_image, read_images

_SIDES = (0, 1, 2**15, 10**5, 10**8, 2**31 - 1, 2**32 - 1)


def _make(rng: random.Random, place: Place) -> Run:
    whole = sorted((place.corpus / "formats").iterdir())
    chosen = rng.choice(whole)
    content = chosen.read_bytes()
    if chosen.suffix == ".png" and rng.random() < 0.3:
        content = _with_valid_checksums(rng, content)
    else:
        content = damaged(rng, content, [path.read_bytes() for path in rng.sample(whole, 3)])
    path = place.inputs / rng.choice((chosen.name, f"other{rng.choice(whole).suffix}", "no-ending"))
    path.write_bytes(content)
    size = rng.choice((None, 8, (5, 40)))
    channels = rng.choice((1, 3))
    if rng.random() < 0.2:
        return lambda: read_images(place.inputs, size or 8, channels)

    def run() -> None:
        check_image(path)
        image = read_image(path, size, channels)
        assert image.ndim == 3
        assert image.shape[2] == channels
        assert image.dtype == "uint8"

    return run


def _with_valid_checksums(rng: random.Random, content: bytes) -> bytes:
    """Return a PNG with another size, depth or kind of colours in its header, or odd chunks, all checked."""
    header = bytearray(content[16:29])
    what = rng.randrange(3)
    if what == 0:
        struct.pack_into(">II", header, 0, rng.choice(_SIDES), rng.choice(_SIDES))
    elif what == 1:
        header[rng.randrange(8, 13)] = rng.choice((0, 1, 2, 3, 4, 6, 8, 16, 255))
    more = [
        _chunk(
            rng.choice((b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"PLTE", b"tRNS", b"iCCP", b"acTL")), _odd(rng)
        )
    ]
    chunks = b"".join(more[: rng.randrange(2)])
    return content[:8] + _chunk(b"IHDR", bytes(header)) + chunks + content[33:]


def _odd(rng: random.Random) -> bytes:
    bomb = zlib.compress(bytes(2**22))
    return rng.choice((b"", b"a", b"a\0\0" + bomb, rng.randbytes(50), b"II*\0\x08\0\0\0\xff\xff"))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


SUBJECT = Subject("pictures", 220, _make)
