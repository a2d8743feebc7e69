"""Files that lie, are cut off or are something else: name -> bytes, the same at every run."""

import random
import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image

from conftest import make_picture
from patchloom.io.headers import PNG_SIGNATURE, png_chunk

HUGE = 65535
MEGABYTE = 1 << 20


def saved(pixels, kind, **options):
    """Bytes of a picture as Pillow writes it."""
    held = BytesIO()
    Image.fromarray(pixels).save(held, kind, **options)
    return held.getvalue()


def zeros(size):
    """So many zeros, compressed."""
    squeeze = zlib.compressobj(6)
    return b"".join([*(squeeze.compress(bytes(MEGABYTE)) for _ in range(size // MEGABYTE)), squeeze.flush()])


def png(width, height, bits=8, colour=2, data=b"", before=(), interlace=0):
    """A PNG with such a header, whatever its data are."""
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlace)
    chunks = [(b"IHDR", head), *before, (b"IDAT", data), (b"IEND", b"")]
    return PNG_SIGNATURE + b"".join(png_chunk(name, body) for name, body in chunks)


def tiff(tags, *, following=0, order="<", tail=b""):
    """A TIFF of one directory of (tag, type, count, value)."""
    start = b"II*\0" if order == "<" else b"MM\0*"
    entries = b"".join(struct.pack(order + "HHII", *tag) for tag in sorted(tags))
    return start + struct.pack(order + "IH", 8, len(tags)) + entries + struct.pack(order + "I", following) + tail


def tiff_of(width, height, bits=8, samples=1, compression=1, kind=1, counts=16, **options):
    """A TIFF with the usual tags, one strip of `counts` bytes at 200."""
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, bits), (259, 3, 1, compression), (262, 3, 1, 1),
            (273, 4, 1, 200), (277, 3, 1, samples), (278, 4, 1, height), (279, 4, 1, counts), (339, 3, 1, kind)]
    return tiff(tags, tail=bytes(300), **options)


def tiff_chain(pages):
    """A TIFF of many pages that share nothing but their width."""
    entry = struct.pack("<HHII", 256, 4, 1, 8)
    parts = [b"II*\0" + struct.pack("<I", 8)]
    for page in range(pages):
        place = 8 + 18 * page
        parts.append(struct.pack("<H", 1) + entry + struct.pack("<I", place + 18 if page < pages - 1 else 0))
    return b"".join(parts)


def gif(screen, frame=None, frames=1, data=b"\x02\x16" + bytes(22) + b"\0"):
    """A GIF whose frames need not fit its screen."""
    head = b"GIF89a" + struct.pack("<HHBBB", *screen, 0x80, 0, 0) + bytes(6)
    one = b"\x2c" + struct.pack("<HHHHB", 0, 0, *(frame or screen), 0) + data
    return head + one * frames + b"\x3b"


def webp(chunks):
    """A RIFF of such chunks."""
    parts = (name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in chunks)
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bmp(width, height, bits, packing=0, tail=b""):
    """A BMP with such a header."""
    start = 54 if bits > 8 else 1078
    head = struct.pack("<IIIIiiHHIIiiII", start + len(tail), 0, start, 40, width, height, 1, bits, packing, *[0] * 5)
    return b"BM" + head + bytes(start - 54) + tail


def webp_lossless(width, height):
    """The header of a lossless WebP of such a size."""
    return b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(32)


def exr(window, channels=("B", "G", "R"), compression=3, flags=2, tail=bytes(64), kind=1):
    """An EXR with such a data window, which nothing of what follows fills."""
    names = b"".join(name.encode() + b"\0" + struct.pack("<IIII", kind, 0, 1, 1) for name in channels) + b"\0"
    box = struct.pack("<iiii", *window)
    attributes = [("channels", "chlist", names), ("compression", "compression", bytes([compression])),
                  ("dataWindow", "box2i", box), ("displayWindow", "box2i", box), ("lineOrder", "lineOrder", b"\0"),
                  ("pixelAspectRatio", "float", struct.pack("<f", 1)),
                  ("screenWindowCenter", "v2f", bytes(8)), ("screenWindowWidth", "float", struct.pack("<f", 1))]
    head = b"".join(f"{name}\0{sort}\0".encode() + struct.pack("<I", len(body)) + body
                    for name, sort, body in attributes)
    return b"v/1\x01" + struct.pack("<I", flags) + head + b"\0" + tail


def jpeg_of(width, height):
    """A JPEG whose header tells another size than its data have."""
    data = bytearray(saved(make_picture(16, 24), "JPEG"))
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def jpeg_scans(scans, side=1024):
    """A progressive JPEG that repeats its last scan: little to read, much to do."""
    held = BytesIO()
    Image.new("L", (side, side)).save(held, "JPEG", progressive=True)
    data = held.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * scans + data[-2:]


def bombs():
    """Small files that claim or unpack to much."""
    text, blank = zeros(16 * MEGABYTE), zeros(50 * MEGABYTE)
    return {
        "png-claims.png": png(100_000, 100_000), "png-claims-most.png": png(2**31 - 1, 2**31 - 1),
        "png-negative.png": png(2**32 - 1, 2**32 - 1), "png-no-size.png": png(0, 0), "png-line.png": png(1, 2**24),
        "png-deep-claims.png": png(60_000, 60_000, 16), "png-over.png": png(64, 64, data=zeros(64 * MEGABYTE)),
        "png-blank.png": png(20_000, 20_000, 1, 0, blank),
        "png-interlaced.png": png(50_000, 50_000, 1, 0, blank, interlace=1),
        "png-text.png": png(8, 8, before=[(b"zTXt", b"a\0\0" + text)]),
        "png-texts.png": png(8, 8, before=[(b"zTXt", b"a\0\0" + zeros(MEGABYTE))] * 128),
        "png-profile.png": png(8, 8, before=[(b"iCCP", b"a\0\0" + text)]),
        "png-deep-text.png": png(8, 8, 16, before=[(b"zTXt", b"a\0\0" + text)]),
        "png-deep-profile.png": png(8, 8, 16, before=[(b"iCCP", b"a\0\0" + text)]),
        "png-frames.png": png(8, 8, before=[(b"acTL", struct.pack(">II", 100_000, 0))]),
        "png-chunks.png": png(8, 8, before=[(b"tIME", bytes(7))] * 50_000),
        "png-long-chunk.png": PNG_SIGNATURE + struct.pack(">I4s", 2**31 - 1, b"IHDR"),
        "gif-claims.gif": gif((HUGE, HUGE)), "gif-frame.gif": gif((1, 1), (HUGE, HUGE)),
        "gif-no-size.gif": gif((0, 0)), "gif-frames.gif": gif((8, 8), frames=20_000),
        "tiff-claims.tif": tiff_of(2**31, 2**31), "tiff-deep-claims.tif": tiff_of(30_000, 30_000, 16),
        "tiff-float-claims.tif": tiff_of(9_000, 9_000, 32, kind=3),
        "tiff-long-strip.tif": tiff_of(64, 64, counts=2**31),
        "tiff-deep-strip.tif": tiff_of(64, 64, 16, counts=2**31), "tiff-loop.tif": tiff_of(64, 64, following=8),
        "tiff-pages.tif": tiff_chain(100_000), "tiff-samples.tif": tiff_of(64, 64, samples=65_535),
        "tiff-no-tags.tif": tiff([]), "tiff-outside.tif": b"II*\0\xff\xff\xff\xff",
        "tiff-jpeg.tif": tiff_of(64, 64, compression=7), "tiff-zip.tif": tiff_of(64, 64, 16, compression=8),
        "tiff-values.tif": tiff([(256, 4, 2**32 - 1, 8), (257, 4, 2**31, 0)]),
        "tiff-entries.tif": b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**40),
        "tiff-bits.tif": tiff_of(64, 64, 64), "tiff-kind.tif": tiff_of(64, 64, 16, kind=9),
        "webp-claims.webp": webp([(b"VP8L", webp_lossless(16_384, 16_384))]),
        "webp-canvas.webp": webp([(b"VP8X", b"\x02" + bytes(3) + b"\xff" * 6), (b"ANIM", bytes(6))]),
        "webp-empty.webp": webp([]), "webp-chunk.webp": b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff",
        "exr-claims.exr": exr((0, 0, 99_999, 99_999)), "exr-whole.exr": exr((-(2**31), -(2**31), 2**31 - 1, 2**31 - 1)),
        "exr-backwards.exr": exr((10, 10, 0, 0)), "exr-inside.exr": exr((0, 0, 3_999, 3_999)),
        "exr-channels.exr": exr((0, 0, 63, 63), [f"c{number:05}" for number in range(5_000)]),
        "exr-none.exr": exr((0, 0, 63, 63), []), "exr-deep.exr": exr((0, 0, 63, 63), flags=2 | 1 << 11),
        "exr-parts.exr": exr((0, 0, 63, 63), flags=2 | 1 << 12), "exr-kind.exr": exr((0, 0, 63, 63), kind=77),
        "exr-packing.exr": exr((0, 0, 63, 63), compression=200),
        "exr-plain.exr": exr((0, 0, 3_000, 3_000), compression=0),
        "jpeg-claims.jpg": jpeg_of(HUGE, HUGE), "jpeg-no-size.jpg": jpeg_of(0, 0), "jpeg-scans.jpg": jpeg_scans(20_000),
        "bmp-claims.bmp": bmp(2**31 - 1, 2**31 - 1, 24), "bmp-runs.bmp": bmp(15_000, 15_000, 8, 1, b"\xff\0" * 500),
        "bmp-upside.bmp": bmp(-8, -(2**31), 24), "bmp-bits.bmp": bmp(8, 8, 77), "bmp-packing.bmp": bmp(8, 8, 24, 99),
    }


def whole():
    """Small pictures of every kind that is read, which are right."""
    pixels = make_picture(24, 32)
    deep = make_picture(24, 32, 1)[:, :, 0].astype(np.uint16) * 257
    return {
        "a.png": saved(pixels, "PNG"), "a.jpg": saved(pixels, "JPEG"), "a.gif": saved(pixels[:, :, 0], "GIF"),
        "a.webp": saved(pixels, "WEBP", lossless=True), "a.tif": saved(pixels, "TIFF", compression="tiff_lzw"),
        "a.bmp": saved(pixels, "BMP"), "deep.png": saved(deep, "PNG"), "deep.tif": saved(deep, "TIFF"),
        "float.tif": saved(deep.astype(np.float32) / 65535, "TIFF"),
    }


def truncated(per_file=6):
    """Each of them cut off at several places, in the header and in the data."""
    found = {}
    for name, data in whole().items():
        places = sorted({1, 7, 20, len(data) // 3, 2 * len(data) // 3, len(data) - 1})
        found |= {f"cut-{place}-{name}": data[:place] for place in places[:per_file]}
    return found


def damaged(per_file=4):
    """Each of them with some bytes changed, by fixed seeds."""
    found = {}
    for name, data in whole().items():
        for seed in range(per_file):
            dice, other = random.Random(f"{name} {seed}"), bytearray(data)
            for _ in range(1 + 3 * seed):
                other[dice.randrange(4, len(other))] = dice.randrange(256)
            found[f"damaged-{seed}-{name}"] = bytes(other)
    return found


def others():
    """What is not a picture, or something else besides."""
    script = b"<script>alert(1)</script>"
    return {
        "empty.png": b"", "one.png": b"\x89", "nulls.png": bytes(4096), "noise.png": random.Random(1).randbytes(4096),
        "page.png": b"<!doctype html>" + script, "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "paper.pdf": b"%PDF-1.7\n" + bytes(100), "pack.zip": b"PK\x03\x04" + bytes(100),
        "png-and-page.png": PNG_SIGNATURE + script, "gif-and-script.gif": b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)",
        "jpeg-and-zip.jpg": b"\xff\xd8\xff\xe0" + b"PK\x03\x04" * 20, "bm.bmp": b"BM", "riff.webp": b"RIFF\0\0\0\0WEBP",
        "postscript.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99999 99999\n", "picture.json": b'{"a": [1]}',
        "pickle.png": b"\x80\x04\x95\x0b\0\0\0\0\0\0\0\x8c\x02os\x94", "npz.png": b"\x93NUMPY\x01\0v\0{'descr': '|O'}",
    }


def corpus():
    """Return all that no server may take for a picture; damage may by chance have left one whole."""
    return bombs() | truncated() | damaged() | others()
