"""What a file says about itself before it is decoded: kind, size, depth, pages."""

from __future__ import annotations

import contextlib
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

# TIFF tags, with their values for files that leave them out.
_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _SAMPLES, _EXTRA, _FORMAT = 256, 257, 258, 262, 277, 338, 339
_TILE_WIDTH, _TILE_HEIGHT, _ORIENTATION = 322, 323, 274
_DEFAULTS = {_WIDTH: (0,), _HEIGHT: (0,), _BITS: (1,), _PHOTOMETRIC: (0,), _SAMPLES: (1,), _EXTRA: (), _FORMAT: (1,),
             _TILE_WIDTH: (0,), _TILE_HEIGHT: (0,), _ORIENTATION: (0,)}
JUDGED = frozenset(_DEFAULTS)
"""TIFF tags whose values are read here."""
INTEGERS = {1: "B", 3: "H", 4: "I", 16: "Q"}
"""Types of their values, as `struct` names them."""
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 16: 8}
_MOST_ENTRIES, _MOST_SEGMENTS = 4096, 100_000
MOST_VALUES = 64
"""Values of one of them that are looked at."""
MOST_PAGES = 100
"""Pages of a TIFF that are looked at: enough to know that it is no single picture."""

JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
"""What follows 0xFF in a JPEG and has a length: not data (0), nor what stands alone (TEM, RST)."""
START_OF_JPEG, END_OF_JPEG, START_OF_SCAN = 0xD8, 0xD9, 0xDA
_XMP_ORIENTATION = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')
_ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))

BLACK_IS_ZERO, RGB = 1, 2
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
ASSOCIATED, UNASSOCIATED = 1, 2


@dataclass(frozen=True)
class TiffPage:
    """The tags of one page that decide how it is read; names as in TIFF 6.0."""

    cols: int
    rows: int
    bits: int
    format: int
    photometric: int
    samples: int
    extra: tuple[int, ...]
    tile: tuple[int, int]                                 # rows and columns; (0, 0): strips


class Entry(NamedTuple):
    """One tag in a TIFF's directory: its type, how many values, where they are and how many bytes; and itself."""

    tag: int
    kind: int
    many: int
    place: int
    size: int
    raw: bytes


def sniff(data: bytes) -> str:
    """Return PNG, JPEG, WEBP, TIFF, BMP, GIF or EXR by the first bytes; empty if none fits."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:4] in _TIFF:
        return "TIFF"
    starts = {"PNG": PNG_SIGNATURE, "JPEG": b"\xff\xd8\xff", "BMP": b"BM", "GIF": b"GIF8", "EXR": b"v/1\x01"}
    return next((kind for kind, start in starts.items() if data.startswith(start)), "")


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield (name, body) of a PNG's chunks, up to IEND.

    Raises
    ------
    ValueError
        If a chunk is cut off or its checksum is wrong.
    """
    name, place = b"", len(PNG_SIGNATURE)
    while name != b"IEND":
        head = data[place : place + 8]
        if len(head) < 8:
            raise ValueError("the file ends early")
        length, name = struct.unpack(">I4s", head)
        body, check = data[place + 8 : place + 8 + length], data[place + 8 + length : place + 12 + length]
        if len(check) < 4:
            raise ValueError("the file ends early")
        if zlib.crc32(body, zlib.crc32(name)) != int.from_bytes(check, "big"):
            raise ValueError(f"the checksum of chunk {name.decode('latin-1')} is wrong")
        yield name, body
        place += 12 + length


def png_chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk as it stands in the file."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))


def png_header(data: bytes) -> tuple[int, int, int]:
    """Return (rows, columns, bits per channel); ValueError if the header is cut off."""
    if len(data) < 26 or data[12:16] != b"IHDR":
        raise ValueError("it has no header")
    cols, rows, bits = struct.unpack(">IIB", data[16:25])
    return rows, cols, bits


def png_unpacked(data: bytes) -> int:
    """Return how many bytes a PNG's pixels have when unpacked, with the filter of each row."""
    rows, cols, bits = png_header(data)
    pixel = bits * {0: 1, 2: 3, 4: 2, 6: 4}.get(data[25], 1)
    passes = _ADAM7 if data[28:29] == b"\1" else ((0, 0, 1, 1),)
    sizes = ((-((top - rows) // down), -((left - cols) // right)) for top, left, down, right in passes)
    return sum(high * (1 + (wide * pixel + 7) // 8) for high, wide in sizes if high > 0 and wide > 0)


def jpeg_scans(data: bytes) -> int:
    """Return how many scans a JPEG's first picture has, as far as its markers lead.

    Raises
    ------
    ValueError
        If it has more segments than any.
    """
    scans, count, place = 0, 0, 2
    while found := JPEG_MARKER.search(data, place):
        place, marker, count = found.end(), found.group()[1], count + 1
        if marker == END_OF_JPEG:
            break
        if count > _MOST_SEGMENTS:
            raise ValueError(f"it has more than {_MOST_SEGMENTS} segments")
        scans += marker == START_OF_SCAN
        place += int.from_bytes(data[place : place + 2], "big")
    return scans


def orientation(exif: bytes, xmp: bytes) -> int:
    """Return which way up a picture is, 1 to 8: by its Exif data, and by its XMP if those do not tell."""
    exif, found = exif.removeprefix(b"Exif\0\0"), 0
    if exif[:4] in _TIFF:
        with contextlib.suppress(ValueError):
            found = _tags(exif, tiff_directory(exif)[0])[_ORIENTATION][0]
    if not found and (told := _XMP_ORIENTATION.search(xmp)):
        found = int(told[1])
    return found if 1 <= found <= 8 else 1


def tiff_order(data: bytes) -> tuple[str, bool]:
    """Return a TIFF's byte order, as `struct` names it, and whether it is a BigTIFF."""
    return "<" if data[:2] == b"II" else ">", b"+" in data[2:4]


def tiff_directory(data: bytes, place: int | None = None) -> tuple[list[Entry], int]:
    """Return the tags of a directory, the first if no place is given, and where the next is (0: nowhere).

    Raises
    ------
    ValueError
        If it is cut off, or longer than any.
    """
    order, big = tiff_order(data)
    word, field = ("Q", 8) if big else ("I", 4)
    try:
        if place is None:
            place = _first_directory(data)
        (count,) = struct.unpack_from(order + ("Q" if big else "H"), data, place)
        if count > _MOST_ENTRIES:
            raise ValueError(f"a directory has {count} entries")
        place += 8 if big else 2
        found = [_entry(data, place + k * (4 + 2 * field), order, word) for k in range(count)]
        (following,) = struct.unpack_from(order + word, data, place + count * (4 + 2 * field))
    except (struct.error, OverflowError):
        raise ValueError("the file ends early") from None
    return found, following


def _first_directory(data: bytes) -> int:
    big = tiff_order(data)[1]
    start = data[8:16] if big else data[4:8]
    return int.from_bytes(start, "little" if data[:2] == b"II" else "big")


def _entry(data: bytes, place: int, order: str, word: str) -> Entry:
    field = 8 if word == "Q" else 4
    tag, kind, count = struct.unpack_from(f"{order}HH{word}", data, place)
    size, value = count * _SIZES.get(kind, 0), place + 4 + field
    if size > field:
        (value,) = struct.unpack_from(order + word, data, value)
    return Entry(tag, kind, count, value, size, data[place : place + 4 + 2 * field])


def tiff_pages(data: bytes) -> list[TiffPage]:
    """Return what the file says about each of its pages, or about the first `MOST_PAGES`.

    Raises
    ------
    ValueError
        If a directory is cut off, or longer than any.
    """
    pages, seen, place = list[TiffPage](), {0}, _first_directory(data)
    while place not in seen and len(pages) < MOST_PAGES:
        seen.add(place)
        entries, place = tiff_directory(data, place)
        pages.append(_page(_tags(data, entries)))
    return pages


def _tags(data: bytes, entries: list[Entry]) -> dict[int, tuple[int, ...]]:
    """Return the values of the tags that we know; of a tag that comes twice, the first."""
    order, tags = tiff_order(data)[0], dict(_DEFAULTS)
    for entry in reversed(entries):
        if entry.tag in _DEFAULTS and entry.kind in INTEGERS and 0 < entry.many <= MOST_VALUES:
            if entry.place + entry.size > len(data):
                raise ValueError("the file ends early")
            tags[entry.tag] = struct.unpack_from(f"{order}{entry.many}{INTEGERS[entry.kind]}", data, entry.place)
    return tags


def _page(tags: dict[int, tuple[int, ...]]) -> TiffPage:
    # Depth and format are given for each channel; what differs between channels is the reader's to refuse.
    bits, format = (max(tags[tag]) if len(set(tags[tag])) == 1 else 0 for tag in (_BITS, _FORMAT))
    return TiffPage(
        cols=tags[_WIDTH][0], rows=tags[_HEIGHT][0], bits=bits, format=format,
        photometric=tags[_PHOTOMETRIC][0], samples=tags[_SAMPLES][0], extra=tags[_EXTRA],
        tile=(tags[_TILE_HEIGHT][0], tags[_TILE_WIDTH][0]),
    )


def exr_counts(data: bytes, most: int) -> dict[str, int]:
    """Return how many parts an EXR has, and the most attributes and channels of one, each at most one over `most`."""
    several = data[5:6] > b"\x0f"                         # bit 12 of the version
    counts, place = {"parts": 0, "attributes": 0, "channels": 0}, 8
    while data[place : place + 1] not in (b"", b"\0") and max(counts.values()) <= most:
        counts["parts"] += 1
        attributes = 0
        while data[place : place + 1] not in (b"", b"\0") and max(counts.values()) <= most:
            attributes += 1
            counts["attributes"] = max(counts["attributes"], attributes)
            name_end = data.find(b"\0", place)
            value = data.find(b"\0", name_end + 1) + 5
            if name_end < 0 or value < 5:                 # cut off: the decoder will tell
                return counts
            if data[place:name_end] == b"channels":
                counts["channels"] = max(counts["channels"], _exr_channels(data, value, most))
            place = value + int.from_bytes(data[value - 4 : value], "little")
        place = place + 1 if several else len(data)
    return counts


def _exr_channels(data: bytes, place: int, most: int) -> int:
    channels = 0
    while data[place : place + 1] not in (b"", b"\0") and channels <= most:
        channels += 1
        end = data.find(b"\0", place)
        place = end + 17 if end >= 0 else len(data)
    return channels
