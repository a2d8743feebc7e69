"""Small files cannot take much more time or memory than their pixels: what no pixel needs stays unread."""

import json
import re
import struct
import subprocess
import sys
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from malformed_files import bmp, exr, gif, png, tiff_of, webp, zeros
from patchloom import io
from patchloom.errors import ImageError
from patchloom.io import headers, plain, plain_png

oiio = pytest.importorskip("OpenImageIO")

RGB = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
DEEP = np.random.default_rng(1).integers(0, 65536, (12, 16, 3), np.uint16)
XMP = b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
UPRIGHT = np.rot90(RGB, -1)


def saved(form, **options):
    file = BytesIO()
    Image.fromarray(RGB).save(file, form, **options)
    return file.getvalue()


def rows(bits, side=64):
    """Black pixels of a PNG, packed."""
    return zlib.compress(bytes((1 + side * 3 * bits // 8) * side))


def with_chunks(data, *chunks):
    """A PNG with chunks before its pixels."""
    return data[:33] + b"".join(headers.png_chunk(*chunk) for chunk in chunks) + data[33:]


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def with_segments(*segments):
    data = saved("JPEG", quality=100, subsampling="4:4:4")
    return data[:2] + b"".join(segment(*one) for one in segments) + data[2:]


def tiff_with(extra, values, *, tile=None, bits=16, side=64, tail=b""):
    """Black TIFF of one strip or tile; the tags in `extra` share the `values` of a byte each that are in the tail."""
    body = zeros(tile[0] * tile[1] * bits // 8) if tile else bytes(side * side * bits // 8)
    at = 8 + 2 + 12 * (13 + len(extra)) + 4
    place = {322: tile[1], 323: tile[0], 324: at, 325: len(body)} if tile else {273: at, 278: side, 279: len(body)}
    known = {256: side, 257: side, 258: bits, 259: 8 if tile else 1, 262: 1, 277: 1, 339: 1} | place
    tags = {tag: (4, 1, value) for tag, value in known.items()} | dict.fromkeys(extra, (7, values, at + len(body)))
    entries = b"".join(struct.pack("<HHII", tag, *entry) for tag, entry in sorted(tags.items()))
    start = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    return start.ljust(at, b"\0") + body + tail


def exr_with(attributes):
    """Black EXR of 1 x 1 pixels with attributes more than it needs."""
    start = exr((0, 0, 0, 0), compression=0, tail=b"")[:-1]
    more = b"".join(f"a{number:06}\0int\0".encode() + struct.pack("<II", 4, 0) for number in range(attributes))
    head = start + more + b"\0"
    return head + struct.pack("<QiI", len(head) + 8, 0, 6) + bytes(6)


def exr_tiled(tile):
    start = exr((0, 0, 63, 63), flags=2 | 1 << 9, tail=b"")[:-1]
    head = start + b"tiles\0tiledesc\0" + struct.pack("<IIIB", 9, tile, tile, 0) + b"\0"
    body = zeros(64 * 64 * 6)
    return head + struct.pack("<Q4iI", len(head) + 8, 0, 0, 0, 0, len(body)) + body


TEXT = (b"zTXt", b"a\0\0" + zeros(8 << 20)[:-4])
LONG_PROFILE = b"a\0\0" + zlib.compress(bytes(plain.MOST_PROFILE + 1))
REFUSED = {
    "profile of a png": (png(64, 64, data=rows(8), before=[(b"iCCP", LONG_PROFILE)]), ("4 MB", "convert it to sRGB")),
    "profile of a deep png": (
        png(64, 64, 16, data=rows(16), before=[(b"iCCP", LONG_PROFILE)]), ("4 MB", "convert it to sRGB")
    ),
    "profile of a jpeg": (
        with_segments(*((0xE2, b"ICC_PROFILE\0" + bytes([k + 1, 63]) + bytes(65000)) for k in range(63))),
        ("profile of more than 4 MB", "convert it to sRGB"),
    ),
    "profile of a webp": (
        webp([(b"VP8X", b"\x20" + bytes(9)), (b"ICCP", bytes(plain.MOST_PROFILE + 1))]), ("4 MB", "convert it to sRGB")
    ),
    "profile of a tiff": (tiff_with([34675], 4_100_000, tail=bytes(4_200_000)), ("4 MB", "convert it to sRGB")),
    "pixels of a deep png": (png(64, 64, 16, data=zeros(2 << 20)), ("more data than pixels", "save it anew")),
    "segments": (with_segments(*[(0xE5, b"")] * 10_001), ("more than 10000 segments", "save it anew")),
    "scans": (
        with_segments()[:-2] + segment(0xDA, b"\1\1\0\0\x3f\0") * 99 + segment(0xDA, b"") + b"\xff\xd9",
        ("101 scans", "at most 100", "save it anew"),
    ),
    "chunks of a webp": (webp([(b"UNKN", b"")] * 10_001), ("more than 10000 chunks", "save it anew")),
    "blocks of a gif": (gif((8, 8))[:19] + b"!\xfe\0" * 10_001, ("more than 10000 blocks", "save it anew")),
    "frames of a gif": (gif((8, 8), frames=12_000), ("10000 frames or more", "save the one you mean")),
    "strips": (tiff_with([], 0).replace(struct.pack("<HHI", 273, 4, 1), struct.pack("<HHI", 273, 4, 500_001)),
               ("more than 500000 strips", "save it anew")),
    "tile of a tiff": (tiff_with([], 0, tile=(4096, 4096), bits=8), ("in tiles of 4096 x 4096", "256 x 256")),
    "tile of a deep tiff": (tiff_with([], 0, tile=(4096, 4096)), ("in tiles of 4096 x 4096", "256 x 256")),
    "many tiles": (tiff_with([], 0, tile=(1, 1), side=300), ("in tiles of 1 x 1", "256 x 256")),
    "tile of an exr": (exr_tiled(4096), ("in tiles of 4096 x 4096", "256 x 256")),
    "directory": (tiff_of(64, 64)[:8] + struct.pack("<H", 5000), ("5000 entries", "undamaged")),
    "attributes": (exr_with(1001), ("more than 1000 attributes", "save one flat part")),
    "channels": (exr((0, 0, 7, 7), [f"c{k:04}" for k in range(1001)]), ("more than 1000 channels", "save one flat")),
    "runs": (bmp(3000, 3000, 8, 1, b"\0\1"), ("3000 x 3000, run-length coded", "8 megapixels", "save it anew")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_takes_too_much_is_refused(case):
    data, parts = REFUSED[case]
    with pytest.raises(ImageError) as error:
        io.read(None, data=data)
    assert re.fullmatch(r"image=stdin \(.+\): .+; .+", str(error.value)), error.value
    for part in parts:
        assert part in str(error.value)


def test_scans_of_large_jpegs():
    """Fewer, as each goes over all pixels; the usual ten always."""
    file = BytesIO()
    Image.new("L", (5000, 4000)).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    assert io.read(None, data=data).pixels.size == (5000, 4000)
    last = data.rindex(b"\xff\xda")
    with pytest.raises(ImageError, match=r"56 scans\): a JPEG of its size must have at most 50"):
        io.read(None, data=data[:-2] + data[last:-2] * 50 + data[-2:])


BOMBS = {
    "deep texts": (png(64, 64, 16, data=rows(16), before=[(b"zTXt", b"a\0\0" + zeros(7 << 20))] * 100), (64, 64, 3)),
    "profiles": (png(64, 64, data=rows(8), before=[(b"iCCP", b"a\0\0" + zeros(1 << 20)[:-4])] * 900), (64, 64)),
    "tags": (tiff_with(range(40_000, 41_000), 900_000, tail=bytes(900_000)), (64, 64)),
    "notes of an agency": (tiff_with([33723], 900_000, tail=b"\x1c\2\x19\0\1a" * 160_000), (64, 64)),
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="not on this machine: peaks of memory in /proc")
def test_bombs_take_little(tmp_path):
    """Read in a process of its own: each was over 200 MB, a second, or the end of the process."""
    for name, (data, _) in BOMBS.items():
        (tmp_path / name).write_bytes(data)
        assert len(data) < 1 << 20
    code = """
import json, re, sys, time
from pathlib import Path
from patchloom import io
def peak(): return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
io.read(None, data=io.encode(io.read(Path(sys.argv[1], "profiles")).pixels, ".tif")), io.read(Path(sys.argv[1], "tags"))
for name in sys.argv[2:]:
    Path("/proc/self/clear_refs").write_text("5")
    before, start = peak(), time.process_time()
    pixels = io.read(Path(sys.argv[1], name)).pixels
    took = time.process_time() - start
    print(json.dumps([name, list(getattr(pixels, "shape", pixels.size)), peak() - before, took]))
"""
    done = subprocess.run([sys.executable, "-c", code, tmp_path, *BOMBS], capture_output=True, text=True, check=True)
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(name, tuple(size)) for name, size, _, _ in seen] == [(name, size) for name, (_, size) in BOMBS.items()]
    assert all(megabytes < 60 and seconds < 0.7 for _, _, megabytes, seconds in seen), seen


def test_profiles_of_usual_size_are_kept():
    """Also those that Pillow finds too large in a PNG."""
    icc = np.random.default_rng(2).integers(0, 256, 2_500_000, np.uint8).tobytes()
    for pixels, suffix in ((RGB, ".png"), (RGB, ".jpg"), (RGB, ".webp"), (RGB, ".tif"), (DEEP, ".png"), (DEEP, ".tif")):
        back = io.read(None, data=io.encode(pixels, suffix, icc=icc))
        assert back.icc == icc
        assert np.asarray(back.pixels).shape == pixels.shape


def test_damaged_profiles_and_notes_are_left_out():
    """The pixels are whole."""
    noted = with_chunks(saved("PNG"), (b"iCCP", b"a\0\0damage"), (b"eXIf", b"MM\0*\xff\xff\xff\xff"),
                        (b"zTXt", b"Raw profile type exif\0\0damage"), (b"iTXt", b"XML:com.adobe.xmp\0\1\0damage"))
    parted = with_segments((0xE2, b"ICC_PROFILE\0\1\2abc"), (0xE1, b"Exif\0\0damage"), (0xE1, b""))
    for data in (noted, parted):
        back = io.read(None, data=data)
        assert (back.icc, back.pixels.size) == (None, (16, 12))


RAW = b"\nexif\n 26\n" + (b"Exif\0\0II*\0\x08\0\0\0\1\0" + struct.pack("<HHIHHI", 274, 3, 1, 6, 0, 0)).hex().encode()
PNG_NOTES = {
    "text": (b"tEXt", b"Raw profile type exif\0" + RAW),
    "packed text": (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(RAW)),
    "xmp": (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
    "packed xmp": (b"iTXt", b"XML:com.adobe.xmp\0\1\0en\0key\0" + zlib.compress(XMP)),
}


@pytest.mark.parametrize("case", PNG_NOTES)
def test_orientation_in_texts_of_a_png(case):
    """As ImageMagick and Adobe's programs write it, at both depths."""
    data = with_chunks(saved("PNG"), PNG_NOTES[case])
    assert np.array_equal(np.asarray(io.read(None, data=data).pixels), UPRIGHT)
    deep = with_chunks(io.encode(DEEP, ".png"), PNG_NOTES[case])
    assert np.array_equal(io.read(None, data=deep).pixels, np.rot90(DEEP, -1))


def test_orientation_in_xmp():
    """Of the other formats; Exif comes first."""
    jpeg = with_segments((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP))
    assert io.read(None, data=jpeg).pixels.size == (12, 16)
    lossless = saved("WEBP", lossless=True, exact=True, xmp=XMP)
    assert np.array_equal(np.asarray(io.read(None, data=lossless).pixels), UPRIGHT)
    assert np.array_equal(np.asarray(io.read(None, data=saved("TIFF", tiffinfo={700: XMP})).pixels), UPRIGHT)
    both = Image.Exif()
    both[274] = 3
    turned = saved("WEBP", lossless=True, exact=True, xmp=XMP, exif=both)
    assert np.array_equal(np.asarray(io.read(None, data=turned).pixels), RGB[::-1, ::-1])


def test_what_decoders_get():
    """No text, comment or private piece, in front of the pixels or behind them; all else to the byte."""
    note = b"something private"
    files = {
        "PNG": with_chunks(saved("PNG"), (b"tEXt", b"a\0" + note), (b"prVt", note)),
        "JPEG": with_segments((0xED, note), (0xFE, note), (0xE1, b"Exif\0\0" + note)),
        "WEBP": saved("WEBP", lossless=True, exif=b"Exif\0\0" + note, xmp=note),
        "GIF": saved("GIF", comment=note), "TIFF": saved("TIFF", tiffinfo={270: note.decode(), 700: note}),
    }
    makers = {"PNG": plain_png.png, "JPEG": plain.jpeg, "WEBP": plain.webp, "GIF": plain.gif, "TIFF": plain.tiff}
    for form, data in files.items():
        made = makers[form](data, "label").data
        if form == "TIFF":                                # which has another directory, with fewer tags
            assert {270, 700}.isdisjoint(entry.tag for entry in headers.tiff_directory(made)[0])
        else:
            assert note in data
            assert note not in made
        assert np.array_equal(np.asarray(Image.open(BytesIO(made))), np.asarray(Image.open(BytesIO(data))))
        assert makers[form](made, "label").data == made or form == "TIFF"


@pytest.mark.parametrize("interlaced", [0, 1])
@pytest.mark.parametrize("size", [(1, 1), (5, 3), (8, 8), (9, 17)])
def test_size_of_unpacked_pixels(interlaced, size):
    """Against rows counted one by one."""
    steps = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    grid = np.zeros(size[::-1])
    passes = [grid[top::down, left::right] for top, left, down, right in steps] if interlaced else [grid]
    for bits, colour, channels in ((16, 2, 3), (16, 6, 4), (1, 0, 1), (4, 3, 1), (16, 4, 2)):
        expected = sum(1 + -(-row.size * bits * channels // 8) for part in passes if part.size for row in part)
        assert headers.png_unpacked(png(*size, bits, colour, interlace=interlaced)) == expected


def test_tiff_directory_that_leads_to_itself():
    """Is one page."""
    assert len(headers.tiff_pages(tiff_of(64, 64, following=8))) == 1
