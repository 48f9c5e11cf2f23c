"""Damage to the bytes of any file: bits, lengths, cuts, splices."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence

_NUMBERS = (0, 1, 127, 128, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)
_FORMATS = ("<B", "<H", ">H", "<I", ">I", "<Q", ">Q")
_TEXTS = (b"\0", b"\xff" * 8, b"NaN", b"-1", b"99999999999", b"../../", b"%s%n", b"[" * 500, b"\r\n", b"\x80")


def damaged(rng: random.Random, content: bytes, others: Sequence[bytes] = ()) -> bytes:
    """Return the content with one to three faults; `others` are what splices are taken from."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        content = rng.choice(_FAULTS)(rng, content, others)
    return content


def _bits(rng: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 4, 64))):
        if changed:
            changed[_somewhere(rng, content)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(rng: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    return content[: _somewhere(rng, content)]


def _beheaded(rng: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    return content[_somewhere(rng, content) :]


def _hole(rng: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    start = _somewhere(rng, content)
    return content[:start] + content[start + rng.randint(1, 64) :]


def _zeros(rng: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    start, length = _somewhere(rng, content), rng.randint(1, 512)
    return content[:start] + bytes(len(content[start : start + length])) + content[start + length :]


def _noise(rng: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    start, length = _somewhere(rng, content), rng.randint(1, 64)
    return content[:start] + rng.randbytes(len(content[start : start + length])) + content[start + length :]


def _lying_number(rng: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    form = rng.choice(_FORMATS)
    size = struct.calcsize(form)
    number = rng.choice(_NUMBERS) & (2 ** (8 * size) - 1)
    start = _somewhere(rng, content)
    return content[:start] + struct.pack(form, number) + content[start + size :]


def _inserted(rng: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    start = _somewhere(rng, content)
    return content[:start] + rng.choice(_TEXTS) + content[start:]


def _repeated(rng: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    start = _somewhere(rng, content)
    part = content[start : start + rng.randint(1, 256)]
    return content[:start] + part * rng.choice((2, 3, 50)) + content[start + len(part) :]


def _spliced(rng: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    other = rng.choice([content, *others])
    return content[: _somewhere(rng, content)] + other[_somewhere(rng, other) :]


def _other_order(rng: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    a, b = sorted((_somewhere(rng, content), _somewhere(rng, content)))
    return content[:a] + content[b:] + content[a:b]


def _empty(rng: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    return rng.choice((b"", b"\0", rng.randbytes(rng.randint(1, 200)), content * 2))


def _somewhere(rng: random.Random, content: bytes) -> int:
    """Return a place in the content, half the time in its first bytes, where headers stand."""
    if not content:
        return 0
    return rng.randrange(min(len(content), 64)) if rng.random() < 0.5 else rng.randrange(len(content))


_FAULTS: tuple[Callable[[random.Random, bytes, Sequence[bytes]], bytes], ...] = (
    _bits,
    _bits,
    _cut,
    _beheaded,
    _hole,
    _zeros,
    _noise,
    _lying_number,
    _lying_number,
    _inserted,
    _repeated,
    _spliced,
    _other_order,
    _empty,
)
