"""Files as decoders get them: what makes the pixels and nothing else; the profile and the orientation are kept apart.

Text, previews, notes of cameras and directories in directories are as small in a file as their writer likes and
can be huge, or take long, once they are unpacked. No pixel needs them, so that they are left out unread.
What a decoder would call damage stays, for the decoder to tell. PNG has a module of its own.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..errors import ImageError, explain
from . import headers
from .formats import check_single

MOST_PROFILE = 4_000_000
"""Bytes of a colour profile; the largest in use have two million."""

MOST_TEXT = 1_000_000
"""Bytes of a text that may hold the orientation, unpacked."""

_MOST_SEGMENTS, _MOST_STRIPS = 10_000, 500_000

_JPEG_APP, _JPEG_COMMENT = range(0xE0, 0xF0), 0xFE
_JPEG_COLOURS = (0xE0, 0xEE)                              # JFIF and Adobe, which tell what the channels are
_EXIF, _XMP, _ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"

_WEBP_PIXELS = (b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF")
_WEBP_NOTES = 0x20 | 0x08 | 0x04                          # flags: a profile, Exif, XMP

_GIF_BLOCK = re.compile(rb"[!,;]")

# What libtiff, Pillow and OpenImageIO need for pixels: layout and colours, and how the compressions are set.
_TIFF_PIXELS = headers.JUDGED - {274} | {
    254, 255, 259, 266, 273, 278, 279, 282, 283, 284, 286, 287, 292, 293, 296, 317, 320, 324, 325, 332, 347,
    *range(512, 522), *range(529, 533), 32995, 32996, 32997, 33300, 33301, 50674,
}
_TIFF_PLACES, _TIFF_PROFILE, _TIFF_XMP = (273, 279, 324, 325), 34675, 700
_TIFF_LONG = {320: 3 << 16, 347: 1 << 18} | dict.fromkeys(_TIFF_PLACES, _MOST_STRIPS)         # most values of a tag


@dataclass
class Plain:
    """A file without what no pixel needs, and what else of it counts.

    Attributes
    ----------
    data : bytes
        The file.
    icc : bytes or None
        Colour profile.
    orientation : int
        As in Exif, 1 to 8; the decoder does not know it.
    """

    data: bytes
    icc: bytes | None = None
    orientation: int = 1


@dataclass
class Kept:
    """Pieces of a file that stay, and the first of each note: exif, xmp, icc."""

    data: bytes
    pieces: list[bytes | memoryview] = field(default_factory=list)
    notes: dict[str, bytes] = field(default_factory=dict)

    def keep(self, start: int, end: int | None = None) -> None:
        """Let what is between two places stay, to the file's end if only one is given."""
        self.pieces.append(memoryview(self.data)[start:end])

    def note(self, name: str, start: int, end: int) -> None:
        """Hold what is between two places, if it is the first of its name."""
        if name not in self.notes:
            self.notes[name] = self.data[start:end]

    def plain(self, icc: bytes | None, label: str) -> Plain:
        """Return the file of what stays."""
        which = headers.orientation(self.notes.get("exif", b""), self.notes.get("xmp", b""))
        check_profile(icc, label)
        return Plain(b"".join(self.pieces), icc or None, which)


def check_profile(icc: bytes | None, label: str) -> None:
    """Refuse a colour profile that is larger than any of use.

    Raises
    ------
    ImageError
        If it has more than `MOST_PROFILE` bytes.
    """
    if icc is not None and len(icc) > MOST_PROFILE:
        raise ImageError(
            explain("image", f"{label} (a colour profile of more than {MOST_PROFILE / 10**6:g} MB)",
                    f"a profile must have at most {MOST_PROFILE / 10**6:g} MB", "convert it to sRGB, without a profile")
        )


def check_count(label: str, count: int, most: int, what: str) -> None:
    """Refuse more pieces than any picture has, each of which takes its time.

    Raises
    ------
    ImageError
        If it is over `most`.
    """
    if count > most:
        raise ImageError(
            explain("image", f"{label} (more than {most} {what})", f"a file must have at most {most}", "save it anew")
        )


def jpeg(data: bytes, label: str) -> Plain:
    """Return a JPEG whose applications say only what its channels are."""
    kept, profile, count, place = Kept(data), list[bytes](), 0, 2
    kept.keep(0, 2)
    while found := headers.JPEG_MARKER.search(data, place):
        start, marker = found.end(), found.group()[1]
        end, count = start + int.from_bytes(data[start : start + 2], "big"), count + 1
        check_count(label, count, _MOST_SEGMENTS, "segments before its pixels")
        if marker in (headers.START_OF_JPEG, headers.END_OF_JPEG) or end < start + 2:
            raise ValueError("it has no pixels")
        if marker == headers.START_OF_SCAN or end > len(data):
            kept.keep(found.start())
            break
        if marker in _JPEG_COLOURS or (marker not in _JPEG_APP and marker != _JPEG_COMMENT):
            kept.keep(found.start(), end)
        elif marker == 0xE1 and data.startswith(_EXIF, start + 2):
            kept.note("exif", start + 2, end)
        elif marker == 0xE1 and data.startswith(_XMP, start + 2):
            kept.note("xmp", start + 2, end)
        elif marker == 0xE2 and data.startswith(_ICC, start + 2):
            profile.append(data[start + 2 + len(_ICC) : end])
        place = end
    return kept.plain(_joined(profile), label)


def _joined(parts: Iterable[bytes]) -> bytes | None:
    """Return a profile of parts that begin with their number and how many there are; None if some are missing."""
    parts = sorted(parts)
    whole = 0 < len(parts) < 256 and parts[0][1:2] == bytes([len(parts)])
    return b"".join(part[2:] for part in parts) if whole else None


def webp(data: bytes, label: str) -> Plain:
    """Return a WebP of canvas, frames, pixels and alpha."""
    kept, length, count, place = Kept(data), 4, 0, 12
    whole = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while place + 8 <= whole:
        name, size = struct.unpack_from("<4sI", data, place)
        end, count = place + 8 + size + size % 2, count + 1
        check_count(label, count, _MOST_SEGMENTS, "chunks")
        if name == b"VP8X" and size:
            kept.keep(place, place + 8)
            kept.pieces.append(bytes([data[place + 8] & ~_WEBP_NOTES]))
            kept.keep(place + 9, end)
        elif name in _WEBP_PIXELS:
            kept.keep(place, end)
        elif name in (b"ICCP", b"EXIF", b"XMP "):
            kept.note({b"ICCP": "icc", b"EXIF": "exif", b"XMP ": "xmp"}[name], place + 8, place + 8 + size)
        length += end - place if name in _WEBP_PIXELS else 0
        place = end
    if place == len(data) + 1:
        kept.pieces.append(b"\0")                         # some leave out what makes the last length even
    kept.pieces.insert(0, b"RIFF" + struct.pack("<I", min(length, 2**32 - 1)) + b"WEBP")
    return kept.plain(kept.notes.get("icc"), label)


def gif(data: bytes, label: str) -> Plain:
    """Return a GIF of screen, palette and its only picture; several are refused."""
    kept, control, frames, count, place = Kept(data), b"", 0, 0, 13 + _table(data[10:11])
    kept.keep(0, place)
    while found := _GIF_BLOCK.search(data, place):
        place, kind, count = found.start(), found.group(), count + 1
        if count > _MOST_SEGMENTS:
            check_single(label, frames, "frames or more")
        check_count(label, count, _MOST_SEGMENTS, "blocks")
        if kind == b";":
            break
        if kind == b"!":
            end = _after_blocks(data, place + 2)
            if data[place + 1 : place + 3] == b"\xf9\4" and not frames:
                # How the frame is cleared away is for the next one, for which the decoder would prepare.
                control = b"!\xf9\4" + bytes([data[place + 3] & ~0x1C]) + data[place + 4 : place + 7] + b"\0"
        else:
            frames, start = frames + 1, place + 10 + _table(data[place + 9 : place + 10])
            end = _after_blocks(data, start + 1)
            if frames == 1:
                kept.pieces.append(control)
                kept.keep(place, end)
                kept.pieces.append(b";" if end <= len(data) else b"")
        place = end
    check_single(label, frames)
    return kept.plain(None, label)


def _table(flags: bytes) -> int:
    """Return how many bytes the palette has that flags tell of."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def _after_blocks(data: bytes, place: int) -> int:
    """Return where a GIF goes on after blocks that each begin with their length; beyond its end if they are cut off."""
    while place < len(data) and (length := data[place]):
        place += length + 1
    return place + 1


def tiff(data: bytes, label: str) -> Plain:
    """Return a TIFF of one page that has another directory at its end, with the tags that pixels need."""
    (order, big), entries = headers.tiff_order(data), headers.tiff_directory(data)[0]
    chosen, notes, icc = dict[int, bytes](), dict[str, bytes](), None
    for entry in entries:
        tag, end = entry.tag, entry.place + entry.size
        check_count(label, entry.many if tag in _TIFF_PLACES else 0, _MOST_STRIPS, "strips or tiles")
        if tag in _TIFF_PIXELS and tag not in chosen and _usable(entry, len(data)):
            chosen[tag] = entry.raw
        elif tag == _TIFF_PROFILE and icc is None:
            icc = data[entry.place : min(end, entry.place + MOST_PROFILE + 1)]
        elif tag == _TIFF_XMP and "xmp" not in notes:
            notes["xmp"] = data[entry.place : min(end, entry.place + MOST_TEXT)]
    start = len(data) + len(data) % 2
    first, last = struct.pack(order + ("Q" if big else "H"), len(chosen)), bytes(8 if big else 4)
    head = data[:8] + struct.pack(order + "Q", start) if big else data[:4] + struct.pack(order + "I", start)
    kept = Kept(data, [head], notes)
    kept.keep(len(head))
    kept.pieces += [bytes(len(data) % 2), first, *(chosen[tag] for tag in sorted(chosen)), last]
    made = kept.plain(icc, label)
    made.orientation = headers.orientation(data, notes.get("xmp", b""))
    return made


def _usable(entry: headers.Entry, length: int) -> bool:
    """Whether a tag is of a type that it can have, whole, and no longer than any."""
    known = entry.kind in headers.INTEGERS or (entry.kind in (2, 5, 7) and entry.tag not in headers.JUDGED)
    whole = entry.size > 0 and entry.place + entry.size <= length
    return known and whole and entry.many <= _TIFF_LONG.get(entry.tag, headers.MOST_VALUES)
