"""The framing of an event file: records with checksums, and how to go on after a damaged one.

A record is the length of its data (8 bytes, little endian), the masked CRC-32C of these 8 bytes (4 bytes),
the data, and the masked CRC-32C of the data (4 bytes).
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import google_crc32c

from kerasviz.events.damage import Damage

_HEADER = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")
# A length that is neither zero nor beyond 4 GiB: what the search for the next header looks for first.
_PLAUSIBLE_LENGTH = re.compile(rb"(?=(?!\0{4}).{4}\0{4}.{4})", re.DOTALL)
_WINDOW = 1 << 20
# No writer makes records of more; one that is read takes twice its size.
LARGEST_RECORD = 1 << 28


def masked_crc(data: bytes) -> int:
    """Return the CRC-32C of `data`, rotated and shifted by a constant as the format wants it.

    >>> hex(masked_crc(bytes(8)))
    '0x7980329'
    """
    crc = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def frame_record(data: bytes) -> bytes:
    """Return `data` as one record, ready to be written.

    >>> len(frame_record(b"hello"))
    21
    """
    length = struct.pack("<Q", len(data))
    return b"".join(
        (length, _CHECKSUM.pack(masked_crc(length)), data, _CHECKSUM.pack(masked_crc(data))),
    )


class GrowingRecords:
    """The records of a file that may still grow: each reading goes on where the one before stopped.

    A record with a wrong checksum is skipped; where a length itself is damaged, reading goes on at the next
    place that holds a valid header. Where the file ends inside a record, reading stops before it: the rest
    may come. Records of more than 256 MB are passed over.

    Attributes:
        path: the file.
        offset: where the next reading begins.
        damage: what was lost before `offset`, and what is wrong with the end of the file as it is now.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        self._lost = Damage()
        self._end = Damage()

    @property
    def damage(self) -> Damage:
        """What could not be read until now."""
        return self._lost + self._end

    def read(self) -> Iterator[tuple[int, bytes]]:
        """Yield `(offset, data)` of every whole record that was not read yet, in order."""
        self._end = Damage()
        with self.path.open("rb", buffering=_WINDOW) as file:
            size = os.fstat(file.fileno()).st_size
            while self.offset < size:
                offset = self.offset
                length = _length_at(file, offset)
                end = offset + 16 + (length or 0)
                if length is not None and end <= size:
                    fits = length <= LARGEST_RECORD
                    data = _data_of(file, length) if fits else None
                    if data is not None:
                        self.offset = end
                        yield offset, data
                        continue
                    if end == size or _length_at(file, end) is not None:
                        self._lost += Damage(corrupt=1) if fits else Damage(oversized=1)
                        self.offset = end
                        continue
                following = _next_header(file, offset + 1)
                if following is None:
                    torn = length is not None or size - offset < _HEADER.size
                    self._end = Damage(torn=1) if torn else Damage(corrupt=1)
                    return
                self._lost += Damage(corrupt=1)
                self.offset = following


def read_record_at(file: BinaryIO, offset: int) -> bytes | None:
    """Return the data of the record at `offset`; None where there is no whole one (any more)."""
    length = _length_at(file, offset)
    return None if length is None or length > LARGEST_RECORD else _data_of(file, length)


def _data_of(file: BinaryIO, length: int) -> bytes | None:
    """Return the data of the record whose header was just read; None where its checksum is wrong."""
    data = file.read(length)
    return data if file.read(4) == _CHECKSUM.pack(masked_crc(data)) else None


def _length_at(file: BinaryIO, offset: int) -> int | None:
    """Return the length in the header at `offset` and leave the file behind it; None without a header."""
    file.seek(offset)
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    length, crc = _HEADER.unpack(header)
    return length if masked_crc(header[:8]) == crc else None


def _next_header(file: BinaryIO, offset: int) -> int | None:
    """Return the first offset from `offset` on at which a valid header stands."""
    while True:
        file.seek(offset)
        window = file.read(_WINDOW)
        for match in _PLAUSIBLE_LENGTH.finditer(window):
            start = match.start()
            (crc,) = _CHECKSUM.unpack_from(window, start + 8)
            if masked_crc(window[start : start + 8]) == crc:
                return offset + start
        if len(window) < _WINDOW:
            return None
        offset += len(window) - (_HEADER.size - 1)
