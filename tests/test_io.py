"""Files: what goes in comes out, what cannot is refused in one line, and nothing is left half done."""

import hashlib
import json
import logging
import os
import re
import stat
import struct
import subprocess
import sys
import tempfile
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

import patchloom
from patchloom import io
from patchloom.errors import FileError, ImageError, InputError, MissingExtraError, PatchloomError
from patchloom.io import headers
from patchloom.params import GPNNParams
from patchloom.types import NNF, Blend, Transform

oiio = pytest.importorskip("OpenImageIO")

METADATA = {"patchloom:seed": "7", "patchloom:sources": "jagdhütte 写真.png"}
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK")
LOSSLESS = (".png", ".webp", ".tif", ".tiff", ".bmp")


def noise(*shape, dtype=np.uint8, seed=0):
    """Random values over the type's range, floats on [0, 1); alpha takes both of its ends."""
    random = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        values, top = random.random(shape).astype(dtype), 1
    else:
        top = np.iinfo(dtype).max
        values = random.integers(0, top, shape, dtype, endpoint=True)
    if shape[2:] in ((2,), (4,)):
        values.reshape(-1, shape[2])[:3, -1] = 0, min(1, top), top
    return values


def picture(mode, seed=0):
    """PIL image of a mode; PA stands for a palette with transparency."""
    if mode in ("P", "PA"):
        image = Image.fromarray(noise(12, 16, seed=seed) % 5)
        image.putpalette(bytes(range(10, 160, 10)))
        if mode == "PA":
            image.info["transparency"] = bytes([0, 128, 255, 255, 7])
        return image
    if mode == "1":
        return Image.fromarray(noise(12, 16, seed=seed)).convert("1", dither=Image.Dither.NONE)
    channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}[mode]
    values = noise(12, 16, channels, seed=seed)
    if mode == "CMYK":
        return Image.frombytes("CMYK", (16, 12), values.tobytes())
    return Image.fromarray(values[..., 0] if channels == 1 else values)


def saved(image, form, **options):
    """Bytes of a file as Pillow writes it."""
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def png(rows, bits, colour, chunks=(), *, header=None):
    """PNG from packed rows of bytes."""
    size = header or (len(rows[0]) * 8 // (bits * {0: 1, 2: 3, 4: 2, 6: 4}[colour]), len(rows))
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = [(b"IHDR", struct.pack(">IIBBBBB", *size, bits, colour, 0, 0, 0)), *chunks, (b"IDAT", body), (b"IEND", b"")]
    return headers.PNG_SIGNATURE + b"".join(headers.png_chunk(*part) for part in parts)


def tiff(values, *, order="<", pages=1, **tags):
    """Uncompressed TIFF of one strip; tags by number as ``t258=...`` replace what the array implies."""
    rows, cols, channels = values.shape
    body = values.astype(values.dtype.newbyteorder(order)).tobytes()
    bits, kind = values.dtype.itemsize * 8, {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    known = {256: cols, 257: rows, 258: (bits,) * channels, 259: 1, 262: 2 if channels > 2 else 1,
             273: 8, 277: channels, 278: rows, 279: len(body), 339: (kind,) * channels}
    known |= {int(name[1:]): value for name, value in tags.items()}
    out = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HI", 42, 8 + len(body)) + body
    for page in range(pages):
        entries, extra = b"", b""
        after = len(out) + 2 + 12 * len(known) + 4
        for tag, value in sorted(known.items()):
            many = value if isinstance(value, tuple) else (value,)
            packed = struct.pack(f"{order}{len(many)}{'I' if tag in (273, 279) else 'H'}", *many)
            place = packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack(order + "I", after + len(extra))
            extra += packed if len(packed) > 4 else b""
            entries += struct.pack(order + "HHI", tag, 4 if tag in (273, 279) else 3, len(many)) + place
        following = after + len(extra) if page + 1 < pages else 0
        out += struct.pack(order + "H", len(known)) + entries + struct.pack(order + "I", following) + extra
    return out


def assert_one_line(error, *parts):
    """What, got, allowed, remedy: all there, on one line."""
    text = str(error.value)
    assert "\n" not in text
    assert text.isprintable()
    assert re.fullmatch(r"[^=]+=.+?: .+; .+", text), text
    for part in parts:
        assert part in text, text


def assert_same(one, other):
    """Same mode, size, pixels and palette."""
    assert (one.mode, one.size) == (other.mode, other.size)
    assert one.tobytes() == other.tobytes()
    if one.mode == "P":
        assert one.convert("RGBA").tobytes() == other.convert("RGBA").tobytes()


# Round trips

@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("suffix", LOSSLESS)
def test_modes_come_back_to_the_pixel(mode, suffix):
    """Every mode in every lossless format: the same pixels, or a refusal that names a suffix that works."""
    image = picture(mode)
    try:
        data = io.encode(image, suffix)
    except ImageError as error:
        assert mode not in io.formats.HOLDS[suffix]
        better = re.search(r"; use (\.\w+)", str(error)).group(1)
        data = io.encode(image, better)
        if better == ".jpg":
            return
    else:
        assert mode in io.formats.HOLDS[suffix]
    assert_same(io.read(None, data=data).pixels, image)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_keeps_mode_and_nearly_the_values(mode):
    """JPEG at its quality, on a smooth picture."""
    ramp = np.arange(48 * 64, dtype=np.float64).reshape(48, 64) / (48 * 64) * 255
    image = Image.merge(mode, [Image.fromarray(np.roll(ramp, k, 1).astype(np.uint8)) for k in range(len(mode))])
    back = io.read(None, data=io.encode(image, ".jpg")).pixels
    assert back.mode == mode
    assert np.abs(np.asarray(back).astype(int) - np.asarray(image)).mean() < 3


def test_jpeg_colour_is_not_subsampled():
    """4:4:4: every component has a sampling factor of 1 x 1."""
    data = io.encode(picture("RGB"), ".jpg")
    frame = data.index(b"\xff\xc0")
    assert [data[frame + 11 + 3 * k] for k in range(3)] == [0x11] * 3


@pytest.mark.parametrize("suffix", [".png", ".tif", ".exr"])
@pytest.mark.parametrize("dtype", [np.uint16, np.float16, np.float32])
@pytest.mark.parametrize("channels", [0, 1, 2, 3, 4])
def test_deep_arrays_come_back(suffix, dtype, channels):
    """16-bit exactly, alpha included; EXR multiplies and divides by alpha, which costs float32 at most 1e-6."""
    values = noise(*(9, 11, channels)[: 3 if channels else 2], dtype=dtype)
    if suffix not in {np.uint16: (".png", ".tif"), np.float16: (".tif", ".exr"), np.float32: (".tif", ".exr")}[dtype]:
        with pytest.raises(ImageError) as error:
            io.encode(values, suffix)
        assert_one_line(error, suffix, "holds", "use .")
        return
    back = io.read(None, data=io.encode(values, suffix)).pixels
    expected = values[..., 0] if channels == 1 else values
    assert (back.dtype, back.shape) == (expected.dtype, expected.shape)
    if suffix == ".exr" and channels in (2, 4):
        clear = expected[..., -1] == 0
        assert np.array_equal(back[..., -1], expected[..., -1])
        assert not back[clear, :-1].any()
        assert clear.any()
        assert np.allclose(back[~clear], expected[~clear], rtol=0, atol=1e-6 if dtype == np.float32 else 1e-3)
    else:
        assert np.array_equal(back, expected)


def test_sixteen_bits_are_truly_sixteen():
    """The file itself says 16 bits, and OpenImageIO agrees with our own bytes."""
    values = noise(4, 5, 3, dtype=np.uint16)
    data = png([row.astype(">u2").tobytes() for row in values], 16, 2)
    assert np.array_equal(io.read(None, data=data).pixels, values)
    assert headers.png_header(io.encode(values, ".png")) == (4, 5, 16)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "PA", "RGB", "RGBA", "1", "CMYK"])
def test_generate_keeps_the_mode_of_files(tmp_path, mode):
    """File -> generate -> file: same mode and, for palettes, the same palette."""
    image = picture(mode).resize((24, 20), Image.Resampling.NEAREST)
    source = io.read(None, data=io.encode(image, ".tif" if mode == "CMYK" else ".png"))
    result = patchloom.generate(source.pixels, seed=1).image
    target = tmp_path / f"out{source.suffix}"
    io.write(target, result)
    back = io.read(target).pixels
    assert (back.mode, back.size) == (image.mode, image.size)
    if mode in ("P", "PA"):
        colours = {tuple(c) for c in np.asarray(image.convert("RGBA")).reshape(-1, 4)}
        got = {tuple(c) for c in np.asarray(back.convert("RGBA")).reshape(-1, 4)}
        assert got <= colours
        assert len(got) > 1


def test_clear_palette_entries_stay_clear():
    """A clear entry is matched by being clear: its colour, here white, is nothing that a result could still have."""
    image = Image.fromarray(noise(24, 24) % 2)
    image.putpalette([255, 255, 255, 0, 0, 0])
    image.info["transparency"] = 0
    result = patchloom.generate(image, seed=1).image
    alphas = np.asarray(result.convert("RGBA"))[..., 3]
    assert set(np.unique(alphas)) == {0, 255}
    assert (np.asarray(result.convert("RGBA"))[alphas == 0] == [255, 255, 255, 0]).all()


@pytest.mark.parametrize(
    ("dtype", "made", "suffix"),
    [(np.uint16, ".png", ".png"), (np.uint16, ".tif", ".png"), (np.float32, ".tif", ".tif"),
     (np.float32, ".exr", ".exr"), (np.float16, ".exr", ".exr")],
)
@pytest.mark.parametrize("channels", [0, 3, 4])
def test_generate_keeps_the_depth_of_files(tmp_path, dtype, made, suffix, channels):
    """Deep file -> generate -> file of the default suffix: same depth and channels."""
    values = noise(*(20, 24, channels)[: 3 if channels else 2], dtype=dtype)
    source = io.read(None, data=io.encode(values, made))
    assert source.suffix == suffix
    target = tmp_path / f"out{source.suffix}"
    io.write(target, patchloom.generate(source.pixels, seed=1).image)
    back = io.read(target).pixels
    assert (back.dtype, back.shape) == (values.dtype, values.shape)
    assert back.std() > 0


@pytest.mark.parametrize(("channels", "mode"), [(0, "L"), (1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")])
def test_byte_arrays_are_written(channels, mode):
    """What `generate` returns for uint8 arrays can be saved."""
    values = noise(*(6, 7, channels)[: 3 if channels else 2])
    back = io.read(None, data=io.encode(values, ".png")).pixels
    assert back.mode == mode
    assert np.array_equal(np.asarray(back), np.squeeze(values))


def test_bool_arrays_are_one_bit():
    """Bool arrays become 1-bit files."""
    values = noise(6, 7) > 127
    back = io.read(None, data=io.encode(values, ".png")).pixels
    assert back.mode == "1"
    assert np.array_equal(np.asarray(back), values)


def test_pil_deep_modes_are_written():
    """PIL's own 16-bit and float grey, which the Python call takes, go the same way."""
    values, floats = noise(5, 6, dtype=np.uint16), noise(5, 6, dtype=np.float32)
    assert np.array_equal(io.read(None, data=io.encode(Image.fromarray(values), ".png")).pixels, values)
    assert np.array_equal(io.read(None, data=io.encode(Image.fromarray(floats), ".exr")).pixels, floats)


# Rules of reading

@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_clear_grey_becomes_alpha(bits):
    """A PNG's transparent level, in the file's own scale, makes grey LA."""
    packed, clear = bytes([0b00011011, 0b11100100]), 1
    levels = [(byte >> shift) & (2**bits - 1) for byte in packed for shift in range(8 - bits, -1, -bits)]
    if bits == 8:
        packed, levels = bytes([0, 1, 2, 1]), [0, 1, 2, 1]
    pixels = io.read(None, data=png([packed], bits, 0, [(b"tRNS", struct.pack(">H", clear))])).pixels
    expected = [[level * (255 // (2**bits - 1)), 0 if level == clear else 255] for level in levels]
    assert pixels.mode == "LA"
    assert np.asarray(pixels)[0].tolist() == expected
    assert clear in levels


def test_clear_colour_becomes_alpha():
    """The same for RGB, at 8 and 16 bits."""
    chunk = [(b"tRNS", struct.pack(">3H", 1, 2, 3))]
    pixels = io.read(None, data=png([bytes([1, 2, 3, 3, 2, 1])], 8, 2, chunk)).pixels
    assert (pixels.mode, np.asarray(pixels).tolist()) == ("RGBA", [[[1, 2, 3, 0], [3, 2, 1, 255]]])
    deep = io.read(None, data=png([struct.pack(">6H", 1, 2, 3, 3, 2, 1)], 16, 2, chunk)).pixels
    assert deep.tolist() == [[[1, 2, 3, 0], [3, 2, 1, 65535]]]


def test_still_gif_is_a_palette_picture():
    """Colours and the transparent entry survive."""
    image = picture("P")
    pixels = io.read(None, data=saved(image, "GIF", transparency=2)).pixels
    expected = np.array(image.convert("RGBA"))
    expected[np.asarray(image) == 2, 3] = 0
    assert pixels.mode == "P"
    assert np.array_equal(np.asarray(pixels.convert("RGBA")), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(orientation):
    """JPEG, TIFF and 16-bit PNG and TIFF all stand upright, as Exif defines it."""
    turns = {1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: lambda a: a.swapaxes(0, 1),
             6: lambda a: np.rot90(a, -1), 7: lambda a: np.rot90(a, 2).swapaxes(0, 1), 8: np.rot90}
    exif = Image.Exif()
    exif[274] = orientation
    values, deep = noise(4, 6, 3), noise(4, 6, 3, dtype=np.uint16)
    image = Image.fromarray(values)
    for data in (saved(image, "PNG", exif=exif), saved(image, "TIFF", tiffinfo={274: orientation}),
                 saved(image, "WEBP", exif=exif, lossless=True)):
        assert np.array_equal(np.asarray(io.read(None, data=data).pixels), turns[orientation](values))
    rows = [row.astype(">u2").tobytes() for row in deep]
    body = exif.tobytes().removeprefix(b"Exif\0\0")
    for data in (png(rows, 16, 2, [(b"eXIf", body)]), tiff(deep, t274=orientation)):
        assert np.array_equal(io.read(None, data=data).pixels, turns[orientation](deep))


def test_oriented_file_is_written_upright():
    """What was applied on reading is not written again."""
    exif = Image.Exif()
    exif[274] = 6
    upright = io.read(None, data=saved(picture("RGB"), "JPEG", exif=exif)).pixels
    assert upright.size == (12, 16)
    assert io.read(None, data=io.encode(upright, ".jpg")).pixels.size == (12, 16)


def test_first_picture_of_a_phone_jpeg_is_read():
    """MPO: depth and gain maps follow the picture."""
    image, other = picture("RGB"), picture("RGB", seed=1)
    data = saved(image, "MPO", save_all=True, append_images=[other], quality=95)
    assert Image.open(BytesIO(data)).n_frames == 2
    pixels = io.read(None, data=data).pixels
    assert pixels.mode == "RGB"
    assert np.array_equal(np.asarray(pixels), np.asarray(Image.open(BytesIO(data))))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_tiff_of_either_byte_order(order, dtype):
    """Headers are read in the file's own order."""
    values = noise(4, 5, 3, dtype=dtype)
    assert np.array_equal(np.asarray(io.read(None, data=tiff(values, order=order)).pixels), values)


def test_tiff_white_is_zero():
    """8 bits come out with black as zero; deeper ones are among the bad files."""
    values = noise(4, 5, 1)
    assert np.array_equal(np.asarray(io.read(None, data=tiff(values, t262=0)).pixels), 255 - values[..., 0])


def test_associated_alpha_is_divided():
    """16-bit TIFF with colours multiplied by alpha; 8-bit as well."""
    values = np.array([[[100, 50, 0, 200], [0, 0, 0, 0], [7, 8, 9, 65535]]], np.uint16)
    back = io.read(None, data=tiff(values, t338=1)).pixels
    assert back.tolist() == [[[32768, 16384, 0, 200], [0, 0, 0, 0], [7, 8, 9, 65535]]]
    small = np.array([[[100, 50, 0, 200], [7, 8, 9, 255]]], np.uint8)
    pixels = io.read(None, data=tiff(small, t338=1)).pixels
    assert pixels.mode == "RGBA"
    assert np.asarray(pixels).tolist() == [[[127, 63, 0, 200], [7, 8, 9, 255]]]


def write_exr(path, values, names, **attributes):
    """EXR by OpenImageIO, with any channels and windows."""
    spec = oiio.ImageSpec(values.shape[1], values.shape[0], values.shape[2], attributes.pop("format", "float"))
    spec.channelnames = names
    for name, value in attributes.items():
        setattr(spec, name, value)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec)
    assert out.write_image(values)
    assert out.close()


def test_exr_alpha_is_associated(tmp_path):
    """Half of a colour with half coverage is the whole colour; the file written holds it multiplied again."""
    values = np.array([[[0.25, 0.5, 0.125, 0.5], [0, 0, 0, 0]]], np.float32)
    write_exr(tmp_path / "a.exr", values, ("R", "G", "B", "A"))
    source = io.read(tmp_path / "a.exr").pixels
    assert source.tolist() == [[[0.5, 1, 0.25, 0.5], [0, 0, 0, 0]]]
    io.write(tmp_path / "b.exr", source)
    assert np.array_equal(oiio.ImageInput.open(str(tmp_path / "b.exr")).read_image(format="float"), values)


def test_any_single_exr_channel_is_grey(tmp_path):
    """A depth map, for one."""
    values = noise(4, 5, 1, dtype=np.float32)
    write_exr(tmp_path / "z.exr", values, ("Z",))
    assert np.array_equal(io.read(tmp_path / "z.exr").pixels, values[..., 0])


# Profiles, metadata, names

@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_icc_profile_is_kept(suffix):
    """8 bits; and none appears from nowhere, even where the image object holds one."""
    image = picture("RGB")
    assert io.read(None, data=io.encode(image, suffix, icc=ICC)).icc == ICC
    image.info["icc_profile"] = ICC
    assert io.read(None, data=io.encode(image, suffix)).icc is None


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_icc_profile_of_deep_files_is_kept(suffix):
    """16 bits, by OpenImageIO and by Pillow's reading."""
    values = noise(4, 5, 3, dtype=np.uint16)
    data = io.encode(values, suffix, icc=ICC)
    assert io.read(None, data=data).icc == ICC
    assert Image.open(BytesIO(data)).info["icc_profile"] == ICC
    assert io.read(None, data=io.encode(values, suffix)).icc is None


@pytest.mark.parametrize("pixels", [picture("RGB"), noise(4, 5, 3, dtype=np.uint16)], ids=["8", "16"])
def test_png_carries_metadata_as_text(pixels):
    """Every key its own chunk, in any script, at both depths."""
    data = io.encode(pixels, ".png", icc=ICC, metadata=METADATA)
    assert Image.open(BytesIO(data)).text == METADATA
    names = [name for name, _ in headers.png_chunks(data)]
    assert names[0] == b"IHDR"
    assert set(names) == {b"IHDR", b"iCCP", b"tEXt", b"iTXt", b"IDAT", b"IEND"}


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif"])
def test_other_files_carry_metadata_as_one_text(suffix):
    """ImageDescription, as JSON."""
    data = io.encode(picture("RGB"), suffix, metadata=METADATA)
    assert json.loads(Image.open(BytesIO(data)).getexif()[270]) == METADATA


@pytest.mark.parametrize("suffix", [".tif", ".exr"])
def test_deep_files_carry_metadata_as_one_text(tmp_path, suffix):
    """The same in float files."""
    file = tmp_path / f"a{suffix}"
    io.write(file, noise(4, 5, 3, dtype=np.float32), metadata=METADATA)
    text = oiio.ImageInput.open(str(file)).spec().get_string_attribute("ImageDescription")
    assert json.loads(text) == METADATA


def test_metadata_with_undecodable_names():
    """A file name that is not UTF-8 reaches Python with lone surrogates."""
    data = io.encode(picture("L"), ".png", metadata={"patchloom:sources": "a\udcff.png"})
    assert Image.open(BytesIO(data)).text == {"patchloom:sources": "a\\udcff.png"}


def test_picture_knows_its_file(tmp_path):
    """Name, stem and hash, with a name that is not ASCII; the same for standard input but for the name."""
    file = tmp_path / "jagdhütte 写真.v2.png"
    file.write_bytes(saved(picture("L"), "PNG"))
    source, again = io.read(file), io.read(None, data=file.read_bytes())
    assert (source.name, source.stem, source.suffix) == (file.name, "jagdhütte 写真.v2", ".png")
    assert source.sha256 == again.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (again.name, again.stem) == ("stdin", "stdin")
    assert io.read(None, data=io.encode(picture("CMYK"), ".jpg")).suffix == ".tif"


def test_content_decides_not_the_suffix(tmp_path):
    """A PNG that is called .jpg is a PNG."""
    file = tmp_path / "a.jpg"
    file.write_bytes(saved(picture("RGBA"), "PNG"))
    assert_same(io.read(str(file)).pixels, picture("RGBA"))


def test_find_images(tmp_path):
    """Sorted, by suffix in any case, no hidden files, no folders."""
    for name in ("b.PNG", "a.jpg", "c.exr", "notes.txt", ".hidden.png", "d.npz"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [file.name for file in io.find_images(tmp_path)] == ["a.jpg", "b.PNG", "c.exr"]
    with pytest.raises(FileError) as error:
        io.find_images(tmp_path / "a.jpg")
    assert_one_line(error, "folder=", "a.jpg", "must be a folder", "check")


# Refusals of reading

def animated(form):
    """Two frames."""
    return saved(picture("RGB"), form, save_all=True, append_images=[picture("RGB", seed=1)])


def rescanned(scans):
    """A progressive JPEG that repeats its last scan."""
    data = saved(Image.new("L", (40, 40)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * (scans - headers.jpeg_scans(data)) + data[-2:]


BAD_FILES = {
    "empty": (b"", ("0 bytes", "must be PNG", "convert")),
    "text": (b"not a picture\n" * 9, ("not a picture", "must be PNG", "convert")),
    "gif": (animated("GIF"), ("2 frames", "single picture", "save the one")),
    "apng": (animated("PNG"), ("2 frames", "single picture", "save the one")),
    "webp": (animated("WEBP"), ("2 frames", "single picture", "save the one")),
    "pages": (animated("TIFF"), ("2 pages", "single picture", "save the one")),
    "deep pages": (tiff(noise(4, 5, 3, dtype=np.uint16), pages=3), ("3 pages", "single picture", "save the one")),
    "deep apng": (
        png([bytes(6)], 16, 2, [(b"acTL", struct.pack(">II", 4, 0))]), ("4 frames", "single picture", "save the one")
    ),
    "jpeg cut": (saved(Image.fromarray(noise(40, 40, 3)), "JPEG")[:1500], ("JPEG, ", "truncated", "whole", "copy")),
    "png cut": (saved(picture("RGB"), "PNG")[:200], ("PNG, ", "whole", "undamaged")),
    "webp cut": (saved(picture("RGB"), "WEBP")[:100], ("WEBP, ", "whole", "undamaged")),
    "tiff cut": (saved(picture("RGB"), "TIFF")[:100], ("TIFF, ", "whole", "undamaged")),
    "bmp cut": (saved(picture("RGB"), "BMP")[:200], ("BMP, ", "whole", "undamaged")),
    "gif cut": (saved(picture("P"), "GIF")[:60], ("GIF, ", "whole", "undamaged")),
    "deep png cut": (io.encode(noise(9, 9, 3, dtype=np.uint16), ".png")[:300], ("ends early", "whole", "undamaged")),
    "deep tiff cut": (io.encode(noise(9, 9, 3, dtype=np.float32), ".tif")[:300], ("TIFF", "whole", "undamaged")),
    "exr cut": (io.encode(noise(9, 9, 3, dtype=np.float32), ".exr")[:500], ("corrupt", "whole", "undamaged")),
    "header only": (headers.PNG_SIGNATURE, ("no header", "whole", "undamaged")),
    "bomb": (png([b"\0"], 1, 0, header=(30000, 30000)), ("30000 x 30000", "400 megapixels", "smaller")),
    "deep bomb": (png([b"\0\0"], 16, 0, header=(30000, 30000)), ("30000 x 30000", "400 megapixels", "smaller")),
    "scans": (rescanned(101), ("101 scans", "at most 100", "save it anew")),
    "endless pages": (tiff(noise(1, 1, 1), pages=150), ("100 pages or more", "single picture", "save the one")),
    "long directory": (
        b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**40), ("1099511627776 entries", "whole", "undamaged")
    ),
    "side": (png([b"\0"], 8, 0, header=(40000, 2)), ("40000 x 2", "32768", "smaller")),
    "tiff side": (tiff(noise(2, 2, 1), t256=40000), ("40000 x 2", "32768", "smaller")),
    "12 bits": (tiff(noise(2, 2, 1, dtype=np.uint16), t258=12), ("12-bit unsigned", "8 or 16-bit", "save")),
    "signed": (tiff(noise(2, 2, 1, dtype=np.int8)), ("8-bit signed", "unsigned", "save")),
    "double": (tiff(noise(2, 2, 1, dtype=np.float64)), ("64-bit float", "32-bit", "save")),
    "mixed": (tiff(noise(2, 2, 3), t258=(8, 8, 16)), ("mixed", "unsigned", "save")),
    "unmarked": (tiff(noise(2, 2, 4), t338=0), ("1 extra", "marked", "RGBA")),
    "extras": (tiff(noise(2, 2, 5), t338=(2, 0)), ("2 extra", "marked", "RGBA")),
    "deep cmyk": (tiff(noise(2, 2, 4, dtype=np.uint16), t262=5), ("another colour model", "or RGB", "convert")),
    "white is zero": (tiff(noise(2, 2, 1, dtype=np.uint16), t262=0), ("another colour", "black is zero", "convert")),
    "lab": (saved(Image.merge("LAB", [picture("L")] * 3), "TIFF"), ("mode LAB", "RGB or CMYK", "convert")),
    "glow": (
        tiff(np.array([[[9, 0, 0, 0]]], np.uint16), t338=1), ("1 pixels with colour", "must be 0", "flatten")
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_are_refused(tmp_path, case):
    """Each in one line that names the file, what is wrong, what is allowed and what to do."""
    data, parts = BAD_FILES[case]
    file = tmp_path / "täst.png"
    file.write_bytes(data)
    with pytest.raises(ImageError) as error:
        io.read(file)
    assert_one_line(error, "image=", "täst.png", *parts)


def test_scans_of_a_jpeg():
    """Counted up to its end, whatever its segments hold, and as far as a decoder would go."""
    plain, progressive = (saved(picture("RGB"), "JPEG", progressive=several) for several in (False, True))
    assert headers.jpeg_scans(plain) == 1 < headers.jpeg_scans(progressive) <= 12
    noted = plain[:2] + b"\xff\xe5\0\x06" + b"\xff\xda\xff\xda" + plain[2:]
    assert headers.jpeg_scans(noted + progressive) == 1
    more = progressive[:-2] + b"\xff\x01" + b"\xff\xda\0\x02" * 7
    assert headers.jpeg_scans(more) == headers.jpeg_scans(progressive) + 7
    assert io.read(None, data=rescanned(100)).pixels.size == (40, 40)


def test_the_limit_on_pixels_is_ours(monkeypatch):
    """Pillow's own, which first warns and then refuses, has no say below it."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert_same(io.read(None, data=io.encode(picture("RGB"), ".png")).pixels, picture("RGB"))


def test_oddities_go_to_the_log(caplog, monkeypatch):
    """What Pillow warns about but can read is read, and noted."""
    # Libraries that set logging up for themselves (import-linter does) disable all other loggers.
    monkeypatch.setattr(logging.getLogger("patchloom"), "disabled", False)
    values = noise(4, 5, 3)
    odd = png([row.tobytes() for row in values], 8, 2, [(b"acTL", bytes(8))])
    with caplog.at_level("INFO", "patchloom"):
        assert np.array_equal(np.asarray(io.read(None, data=odd).pixels), values)
    assert "stdin: Invalid APNG" in caplog.text


@pytest.mark.parametrize(
    ("name", "part"),
    [("no.png", "no such file"), ("", "is a directory"), ("a.png/b.png", "not a directory"), ("\0", "null")],
)
def test_unreadable_paths_are_refused(tmp_path, name, part):
    """Missing, a folder, below a file, and no path at all."""
    (tmp_path / "a.png").touch()
    with pytest.raises(FileError) as error:
        io.read(tmp_path / name)
    assert_one_line(error, part, "must be a file that can be read")


def test_no_permission_is_refused(tmp_path, monkeypatch):
    """Root may read everything, so the system's answer is simulated."""
    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(FileError) as error:
        io.read(tmp_path / "a.png")
    assert_one_line(error, "a.png (permission denied)", "must be a file that can be read", "check")


def test_messages_stay_on_one_line(tmp_path):
    """Whatever the file is called."""
    with pytest.raises(FileError) as error:
        io.read(tmp_path / "two\nlines\udcff.png")
    assert_one_line(error, "two\\nlines\\udcff.png")


def test_nothing_to_read():
    """Neither a path nor data."""
    with pytest.raises(FileError) as error:
        io.read(None)
    assert_one_line(error, "path=None")


@pytest.mark.parametrize(
    ("names", "attributes", "parts"),
    [
        (("R", "G", "B", "A", "Z"), {}, ("channels R, G, B, A, Z", "R G B A", "save those")),
        (("U", "V"), {}, ("channels U, V", "Y A", "save those")),
        (("R", "G", "B"), {"x": 1}, ("windows differ", "display window", "crop")),
        (("R", "G", "B"), {"full_width": 9}, ("windows differ", "display window", "crop")),
        (("Y",), {"format": "uint"}, ("pixels", "half or float", "save")),
    ],
)
def test_odd_exr_is_refused(tmp_path, names, attributes, parts):
    """Channels and windows that would have to be dropped."""
    write_exr(tmp_path / "a.exr", noise(4, 5, len(names), dtype=np.float32), names, **attributes)
    with pytest.raises(ImageError) as error:
        io.read(tmp_path / "a.exr")
    assert_one_line(error, "a.exr", *parts)


def test_exr_of_several_parts_is_refused(tmp_path):
    """Multi-part files are several pictures."""
    spec = oiio.ImageSpec(5, 4, 3, "float")
    out = oiio.ImageOutput.create(str(tmp_path / "a.exr"))
    assert out.open(str(tmp_path / "a.exr"), [spec, spec])
    out.write_image(noise(4, 5, 3, dtype=np.float32))
    assert out.open(str(tmp_path / "a.exr"), spec, "AppendSubimage")
    out.write_image(noise(4, 5, 3, dtype=np.float32))
    out.close()
    with pytest.raises(ImageError) as error:
        io.read(tmp_path / "a.exr")
    assert_one_line(error, "2 parts", "single flat picture", "save one")


DAMAGED = {
    "png": io.encode(picture("RGB"), ".png", metadata=METADATA), "jpg": io.encode(picture("RGB"), ".jpg"),
    "webp": io.encode(picture("RGB"), ".webp"), "tif": io.encode(picture("RGB"), ".tif"),
    "gif": saved(picture("P"), "GIF"), "deep png": io.encode(noise(9, 9, 3, dtype=np.uint16), ".png"),
    "deep tif": io.encode(noise(9, 9, 4, dtype=np.uint16), ".tif"),
    "exr": io.encode(noise(9, 9, 4, dtype=np.float16), ".exr"),
}


@pytest.mark.parametrize("case", DAMAGED)
@given(st.data())
def test_damage_is_an_error_of_ours_or_a_picture(case, data):
    """Cut or changed anywhere, a file never escapes as another exception or a warning."""
    file = bytearray(DAMAGED[case])
    for _ in range(data.draw(st.integers(1, 3))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    file = bytes(file[: data.draw(st.integers(0, len(file)))])
    try:
        pixels = io.read(None, data=file).pixels
    except PatchloomError as error:
        assert "\n" not in str(error)
    else:
        assert min(np.shape(pixels)) > 0


# The extra

@pytest.fixture
def without_extra(monkeypatch):
    """OpenImageIO is not installed."""
    monkeypatch.setitem(sys.modules, "OpenImageIO", None)


DEEP_FILES = {
    "rgb16.png": io.encode(noise(4, 5, 3, dtype=np.uint16), ".png"),
    "grey16.png": io.encode(noise(4, 5, dtype=np.uint16), ".png"),
    "grey16.tif": tiff(noise(4, 5, 1, dtype=np.uint16)),
    "float.tif": tiff(noise(4, 5, 1, dtype=np.float32)),
    "float.exr": io.encode(noise(4, 5, 3, dtype=np.float32), ".exr"),
}


@pytest.mark.parametrize("name", DEEP_FILES)
@pytest.mark.usefixtures("without_extra")
def test_deep_files_need_the_extra(name, tmp_path):
    """Never read as 8 bits; the remedy is the command to type."""
    (tmp_path / name).write_bytes(DEEP_FILES[name])
    with pytest.raises(MissingExtraError) as error:
        io.read(tmp_path / name)
    assert_one_line(error, name, "more than 8 bits", "OpenImageIO", 'pip install "patchloom[hdr]"')


@pytest.mark.usefixtures("without_extra")
def test_deep_pixels_need_the_extra(tmp_path):
    """Writing says so before a run, and leaves nothing."""
    values = noise(4, 5, 3, dtype=np.uint16)
    with pytest.raises(MissingExtraError) as error:
        io.check_mode(values, ".png")
    assert_one_line(error, "output=16 bits per channel as .png", 'pip install "patchloom[hdr]"')
    with pytest.raises(MissingExtraError):
        io.write(tmp_path / "a.png", values)
    assert not list(tmp_path.iterdir())
    assert_same(io.read(None, data=io.encode(picture("RGB"), ".png")).pixels, picture("RGB"))


def test_import_is_light():
    """Importing the module loads neither codec."""
    code = "import sys, patchloom.io; print([name for name in ('PIL', 'OpenImageIO') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


# Writing

@pytest.mark.parametrize(
    ("pixels", "suffix", "parts"),
    [
        (picture("CMYK"), ".png", ("CMYK as .png", ".png holds 1-bit, grey", "use .jpg or .jpeg or .tif")),
        (picture("RGBA"), ".jpg", ("RGBA as .jpg", ".jpg holds grey, RGB, CMYK", "use .png or .webp")),
        (picture("RGBA"), ".bmp", ("RGBA as .bmp", ".bmp holds", "use .png")),
        (picture("PA"), ".tif", ("palette with transparency as .tif", ".tif holds", "use .png")),
        (noise(4, 5, dtype=np.uint16), ".jpg", ("16 bits per channel as .jpg", ".jpg holds", "use .png or .tif")),
        (noise(4, 5, dtype=np.float32), ".PNG", ("float as .png", ".png holds", "use .tif or .tiff or .exr")),
        (noise(4, 5, dtype=np.uint8), ".exr", ("grey as .exr", ".exr holds float", "use .png")),
        (noise(4, 5, dtype=np.float64), ".tif", ("float64", "must be uint8", "convert")),
        (noise(4, 5, 6), ".png", ("(4, 5, 6)", "1 to 4 channels", "numpy.save")),
        (noise(4, 5).astype(np.int64), ".png", ("int64", "must be uint8", "convert")),
        (np.zeros((4, 0), np.uint8), ".png", ("(4, 0)", "must be uint8", "convert")),
        (Image.new("HSV", (2, 2)), ".png", ("PIL mode HSV", "must be 1-bit", "convert")),
    ],
)
def test_pixels_that_do_not_fit_are_refused(tmp_path, pixels, suffix, parts):
    """By `check_mode` before a run and by `write` itself, which then writes nothing."""
    with pytest.raises(ImageError) as error:
        io.check_mode(pixels, suffix)
    assert_one_line(error, "output=", *parts)
    with pytest.raises(ImageError, match=re.escape(str(error.value))):
        io.write(tmp_path / f"a{suffix}", pixels)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.gif", ("suffix='.gif'", ".png, .jpg", "try .png")),
        ("a", ("suffix=none", ".png, .jpg", "try .png")),
        ("there.png", ("there.png (exists)", "not overwritten", "--force")),
        ("folder.png", ("folder.png (is a folder)", "must be a file", "add")),
        ("there.png/a.png", ("there.png is not a folder", "in a folder", "choose")),
        ("there.png/new/a.png", ("there.png is not a folder", "in a folder", "choose")),
        ("dangling.png", ("dangling.png (exists)", "not overwritten", "--force")),
    ],
)
def test_unwritable_paths_are_refused(tmp_path, name, parts):
    """Before a run, and by `write`; nothing changes."""
    (tmp_path / "there.png").write_bytes(b"mine")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(FileError) as error:
        io.check_writable(tmp_path / name)
    assert_one_line(error, "output", *parts)
    with pytest.raises(FileError, match=re.escape(str(error.value))):
        io.write(tmp_path / name, picture("L"))
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "there.png").read_bytes() == b"mine"


def test_unwritable_folder_is_refused(tmp_path, monkeypatch):
    """Root may write everywhere, so the system's answer is simulated."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(FileError) as error:
        io.check_writable(tmp_path / "new" / "a.png")
    assert_one_line(error, f"{tmp_path} is not writable", "must be in a writable", "choose")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="not on this machine: a folder that refuses even root")
def test_folder_that_only_the_system_refuses():
    """What the check cannot foresee ends the same way."""
    with pytest.raises(FileError) as error:
        io.write("/proc/patchloom/a.png", picture("L"))
    assert_one_line(error, "output=/proc/patchloom/a.png", "must be", "choose")


def test_check_writable_writes_nothing(tmp_path):
    """A path that can be written stays as it is; `force` allows the existing file."""
    io.check_writable(tmp_path / "deep" / "er" / "a.JPEG")
    (tmp_path / "b.png").write_bytes(b"mine")
    io.check_writable(tmp_path / "b.png", force=True)
    assert [file.name for file in tmp_path.iterdir()] == ["b.png"]
    assert (tmp_path / "b.png").read_bytes() == b"mine"


def test_write_makes_folders_and_follows_the_umask(tmp_path):
    """A new file has the permissions that any program's file has, and no helper file stays."""
    for mask, mode in ((0o022, 0o644), (0o077, 0o600), (0o002, 0o664)):
        target = tmp_path / "new" / "er" / f"ü{mask}.png"
        before = os.umask(mask)
        try:
            io.write(target, picture("L"))
        finally:
            os.umask(before)
        assert stat.S_IMODE(target.stat().st_mode) == mode
        assert_same(io.read(target).pixels, picture("L"))
    assert len(list((tmp_path / "new" / "er").iterdir())) == 3


def test_force_replaces(tmp_path):
    """Only with `force`."""
    target = tmp_path / "a.png"
    io.write(target, picture("L"))
    with pytest.raises(FileError, match="--force"):
        io.write(target, picture("RGB"))
    assert io.read(target).pixels.mode == "L"
    io.write(target, picture("RGB"), force=True)
    assert io.read(target).pixels.mode == "RGB"
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_replaced_files_keep_mode_and_link(tmp_path):
    """The link stays a link, and what it leads to keeps its permissions."""
    old, link = tmp_path / "old.png", tmp_path / "link.png"
    io.write(old, picture("L"))
    old.chmod(0o604)
    link.symlink_to("old.png")
    io.write(link, picture("RGB"), force=True)
    assert link.is_symlink()
    assert io.read(old).pixels.mode == "RGB"
    assert stat.S_IMODE(old.stat().st_mode) == 0o604


def test_devices_are_not_replaced(tmp_path):
    """Not even through a link."""
    (tmp_path / "a.png").symlink_to(os.devnull)
    with pytest.raises(FileError) as error:
        io.write(tmp_path / "a.png", picture("L"), force=True)
    assert_one_line(error, "a.png (is not a regular file)", "only those are replaced")


def test_long_names_are_refused_early(tmp_path):
    """Also below folders that are yet to be made."""
    for name in ("n" * 300 + ".png", "new/" + "n" * 300 + ".png", "n" * 300 + "/new/a.png"):
        with pytest.raises(FileError) as error:
            io.check_writable(tmp_path / name)
        assert_one_line(error, "too long", "path that can be followed", "choose another")


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_file_that_appears_late_is_not_overwritten(tmp_path, monkeypatch, links):
    """Between the check and the last step, with and without hard links."""
    target, encode = tmp_path / "a.png", io.writing.encode

    def late(*args, **options):
        target.write_bytes(b"mine")
        return encode(*args, **options)

    def no_link(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(io.writing, "encode", late)
    if not links:
        monkeypatch.setattr(os, "link", no_link)
    with pytest.raises(FileError) as error:
        io.write(target, picture("L"))
    assert_one_line(error, "a.png (exists)", "not overwritten", "--force")
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]
    assert target.read_bytes() == b"mine"


def test_write_without_hard_links(tmp_path, monkeypatch):
    """FAT and some network drives have none."""
    def no_link(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_link)
    io.write(tmp_path / "a.png", picture("L"))
    assert_same(io.read(tmp_path / "a.png").pixels, picture("L"))
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(28, "No space left")], ids=["interrupt", "full"])
def test_failed_write_leaves_nothing(tmp_path, monkeypatch, force, failure):
    """At the last step, with the temporary file complete: that goes, and an old file stays."""
    seen = []

    def fail(source, target):
        seen.extend(file.name for file in tmp_path.iterdir())
        raise failure

    monkeypatch.setattr(Path, "replace", fail)
    monkeypatch.setattr(os, "link", fail)
    old = tmp_path / "a.png"
    if force:
        old.write_bytes(b"mine")
    with pytest.raises(KeyboardInterrupt if isinstance(failure, KeyboardInterrupt) else FileError) as error:
        io.write(old, picture("L"), force=force)
    if isinstance(failure, OSError):
        assert_one_line(error, "a.png (no space left)", "must be", "choose")
    assert any(name.endswith(".tmp") for name in seen)
    assert [file.name for file in tmp_path.iterdir()] == (["a.png"] if force else [])
    assert not force or old.read_bytes() == b"mine"


@pytest.mark.parametrize("durable", [True, False])
def test_what_is_durable_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch, durable):
    """The file's bytes first, then its name, then its folder; only where that is asked for."""
    done, sync, replace = [], os.fsync, Path.replace

    def synced(number):
        kind = "folder" if stat.S_ISDIR(os.fstat(number).st_mode) else f"{os.fstat(number).st_size} bytes"
        done.append(kind)
        sync(number)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", lambda *paths: done.append("name") or replace(*paths))
    io.place(tmp_path / "a.bin", b"1234", force=True, durable=durable)
    assert done == (["4 bytes", "name", "folder"] if durable else ["name"])
    assert (tmp_path / "a.bin").read_bytes() == b"1234"


@pytest.mark.skipif(sys.platform == "win32", reason="not on this machine: SIGKILL")
def test_what_a_killed_process_left_goes_when_the_file_is_next_written(tmp_path):
    """Not what another process may be writing, nor what was left of other files."""
    killed = ("import os, signal, sys\nfrom patchloom import io\n"
              "os.fsync = lambda number: os.kill(os.getpid(), signal.SIGKILL)\n"
              "io.place(sys.argv[1], bytes(1000), force=True, durable=True)")
    for name in ("a.bin", "b.bin"):
        subprocess.run([sys.executable, "-c", killed, str(tmp_path / name)], check=False)
    left = sorted(tmp_path.iterdir())
    assert len(left) == 2
    assert all(path.suffix == ".tmp" for path in left)
    (tmp_path / ".patchloom-mine.tmp").write_bytes(b"")
    for path in left:
        os.utime(path)                                    # however long the two processes took to start
    io.place(tmp_path / "a.bin", b"young", force=True, durable=True)
    assert set(left) < set(tmp_path.iterdir())
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0))
    io.place(tmp_path / "a.bin", b"not durable", force=True)
    assert set(left) < set(tmp_path.iterdir())
    io.place(tmp_path / "a.bin", b"old", force=True, durable=True)
    found = {path.name for path in tmp_path.iterdir()}
    assert {"a.bin", ".patchloom-mine.tmp"} < found
    assert len(found) == 3                                # and what was left of b.bin
    io.place(tmp_path / "b.bin", b"", force=True, durable=True)
    assert {path.name for path in tmp_path.iterdir()} == {"a.bin", "b.bin", ".patchloom-mine.tmp"}


def test_temporary_folder_that_cannot_be_used(tmp_path, monkeypatch):
    """It is named, and the picture is not called damaged."""
    deep = io.encode(noise(8, 8, 3, dtype=np.float32), ".exr")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    for work in (lambda: io.read(None, data=deep), lambda: io.encode(noise(8, 8, 3, dtype=np.uint16), ".png")):
        with pytest.raises(FileError) as error:
            work()
        assert_one_line(error, f"temporary folder={tmp_path / 'none'} (no such file or directory)", "TMPDIR")


def test_full_temporary_folder(tmp_path, monkeypatch):
    deep = io.encode(noise(8, 8, 3, dtype=np.float32), ".exr")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(FileError) as error:
            io.read(None, data=deep)
        assert_one_line(error, f"temporary folder={tmp_path} (no space left on device)", "TMPDIR")
    monkeypatch.setattr(Path, "read_bytes", full)
    with pytest.raises(FileError) as error:
        io.encode(noise(8, 8, 3, dtype=np.uint16), ".png")
    assert_one_line(error, f"temporary folder={tmp_path} (no space left on device)", "TMPDIR")
    assert list(tmp_path.iterdir()) == []


def test_failed_encoder_leaves_nothing(tmp_path):
    """WebP ends at 16383 pixels."""
    with pytest.raises(FileError) as error:
        io.write(tmp_path / "new" / "a.webp", Image.new("RGB", (17000, 1)))
    assert_one_line(error, "output=.webp (", "could not be encoded", "try another")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".bmp"])
def test_same_call_same_bytes(suffix):
    """At 8 bits."""
    one, two = (io.encode(picture("RGB"), suffix, icc=ICC, metadata=METADATA) for _ in range(2))
    assert one == two


@pytest.mark.parametrize(
    ("suffix", "dtype"), [(".png", "uint16"), (".tif", "uint16"), (".tif", "float32"), (".exr", "float16")]
)
def test_same_call_same_bytes_later(suffix, dtype):
    """Deep files too; no time and no path inside, but for those of the profile and of OpenImageIO's own release."""
    values = noise(4, 5, 4, dtype=dtype)
    data = io.encode(values, suffix, icc=ICC, metadata=METADATA)
    assert re.search(rb"[12]\d{3}:[01]\d:[0-3]\d", data.replace(ICC, b"").replace(b"2012/07/15", b"")) is None
    assert b"/tmp" not in data
    assert data == io.encode(values, suffix, icc=ICC, metadata=METADATA)


def test_write_does_not_change_the_image():
    """The caller's object keeps its information."""
    image = picture("PA")
    image.info["comment"] = "mine"
    io.encode(image, ".png")
    assert image.info == {"transparency": bytes([0, 128, 255, 255, 7]), "comment": "mine"}


@pytest.mark.parametrize("kind", ["RGB", "U16", "F16", "F32"])
def test_metadata_is_read_back(tmp_path, kind):
    """From every kind of file that has a place for it; other files say nothing."""
    values = noise(4, 5, 3, dtype={"U16": np.uint16, "F16": np.float16, "F32": np.float32}.get(kind, np.uint8))
    for suffix in {"RGB": (".png", ".jpg", ".webp", ".tif"), "U16": (".png", ".tif")}.get(kind, (".tif", ".exr")):
        io.write(tmp_path / f"a{suffix}", values, metadata=METADATA)
        io.write(tmp_path / f"b{suffix}", values)
        assert io.read_metadata(tmp_path / f"a{suffix}") == METADATA
        assert io.read_metadata(tmp_path / f"b{suffix}") == {}


def test_metadata_of_others(tmp_path):
    """A description that is none of ours, a file without a place for one, and what is no picture at all."""
    from PIL import Image

    exif = Image.Exif()
    for text in ("a walk", "[1]", '{"a": 1}'):
        exif[270] = text
        Image.fromarray(noise(4, 5, 3)).save(tmp_path / "a.jpg", exif=exif)
        assert io.read_metadata(tmp_path / "a.jpg") == {}
    io.write(tmp_path / "a.bmp", noise(4, 5, 3), metadata=METADATA)
    assert io.read_metadata(tmp_path / "a.bmp") == {}
    (tmp_path / "a.png").write_text("text")
    assert io.read_metadata(tmp_path / "a.png") == {}
    io.write(tmp_path / "b.png", noise(4, 5, 3), metadata=METADATA)
    (tmp_path / "a.png").write_bytes((tmp_path / "b.png").read_bytes()[:20])
    with pytest.raises(FileError) as error:
        io.read_metadata(tmp_path / "a.png")
    assert_one_line(error, "file=", "a.png", "whole picture")
    with pytest.raises(FileError, match="no such file"):
        io.read_metadata(tmp_path / "none.png")


# Field files

def field(seed=0):
    """A field of 6 x 8 patches."""
    random = np.random.default_rng(seed)
    nnf = NNF(random.integers(0, 9, (6, 8, 2), np.int32), random.random((6, 8)).astype(np.float32), 7)
    return Transform(nnf, None, 0.6)


def test_field_comes_back(tmp_path):
    """Arrays, dtypes, patch size and metadata; the same bytes at another time."""
    nnf = field().nnf
    io.save_field(tmp_path / "new" / "a.npz", field(), metadata=METADATA)
    made = io.load_field(tmp_path / "new" / "a.npz")
    back = made.nnf
    assert (made.blend, made.fold, back.wrap) == (None, 0.6, (False, False))
    assert np.array_equal(back.index, nnf.index)
    assert np.array_equal(back.distance, nnf.distance)
    assert (back.index.dtype, back.distance.dtype, back.patch_size) == (np.int32, np.float32, 7)
    with np.load(tmp_path / "new" / "a.npz", allow_pickle=False) as file:
        assert json.loads(file["metadata"].item()) == io.read_metadata(tmp_path / "new" / "a.npz") == METADATA
        assert {info.date_time[0] for info in file.zip.infolist()} == {1980}


def test_all_of_a_transform_comes_back(tmp_path):
    """What goes round, how it votes, and how it is laid over its picture: every bit of it."""
    nnf = NNF(field().nnf.index, field().nnf.distance, 7, (True, False))
    alpha = np.random.default_rng(1).random((6, 14)).astype(np.float32)
    io.save_field(tmp_path / "a.npz", Transform(nnf, Blend(alpha, (2, 3)), 0.75))
    back = io.load_field(tmp_path / "a.npz")
    assert (back.fold, back.nnf.wrap, back.blend.origin) == (0.75, (True, False), (2, 3))
    assert back.blend.alpha.tobytes() == alpha.tobytes()


def test_bare_fields_are_read(tmp_path):
    """Files of the first version: index, distance and patch size."""
    nnf = field().nnf
    np.savez(tmp_path / "a.npz", index=nnf.index, distance=nnf.distance, patch_size=np.array(7))
    back = io.load_field(tmp_path / "a.npz")
    assert (back.nnf.wrap, back.blend, back.fold) == ((False, False), None, GPNNParams().fold)
    assert np.array_equal(back.nnf.index, nnf.index)


def test_field_is_not_overwritten(tmp_path):
    """The same rules as for pictures."""
    io.save_field(tmp_path / "a.npz", field())
    with pytest.raises(FileError, match="--force"):
        io.save_field(tmp_path / "a.npz", field(1))
    assert np.array_equal(io.load_field(tmp_path / "a.npz").nnf.index, field().nnf.index)
    io.save_field(tmp_path / "a.npz", field(1), force=True)
    assert np.array_equal(io.load_field(tmp_path / "a.npz").nnf.index, field(1).nnf.index)
    with pytest.raises(FileError) as error:
        io.save_field(tmp_path / "a.png", field())
    assert_one_line(error, "suffix='.png'", ".npz", "try .npz")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"index": np.zeros((6, 8, 2))}, "index float64"), ({"index": np.zeros((6, 7, 2), np.int32)}, "(6, 7, 2)"),
        ({"index": np.full((6, 8, 2), -1, np.int32)}, "index"), ({"patch_size": np.array(8)}, "patch_size=8"),
        ({"distance": np.array([None])}, "pickle"), ({"index": None}, "index"), ({"fold": np.array(0)}, "fold=0"),
        ({"wrap": np.zeros(3, bool)}, "unpack"), ({"blend": np.zeros((12, 14), np.float32)}, "origin"),
        ({"blend": np.zeros((6, 8), np.float32), "origin": np.zeros(2, int)}, "blend float32 (6, 8)"),
        ({"blend": np.full((12, 14), np.nan, np.float32), "origin": np.zeros(2, int)}, "blend float32 (12, 14)"),
    ],
)
def test_bad_fields_are_refused(tmp_path, change, part):
    """Wrong types, shapes and values, pickles, and missing arrays."""
    nnf = field().nnf
    arrays = {"index": nnf.index, "distance": nnf.distance, "patch_size": np.array(7)} | change
    np.savez(tmp_path / "a.npz", **{name: value for name, value in arrays.items() if value is not None})
    with pytest.raises(FileError) as error:
        io.load_field(tmp_path / "a.npz")
    assert_one_line(error, "field=", "a.npz", part, "save_field", "--save-nnf")


@pytest.mark.parametrize("cut", [0, 50, 300])
def test_damaged_field_files_are_refused(tmp_path, cut):
    """Empty and truncated files, and none at all."""
    io.save_field(tmp_path / "a.npz", field())
    (tmp_path / "a.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:cut])
    for name, part in (("a.npz", "--save-nnf"), ("b.npz", "check the path")):
        with pytest.raises(FileError) as error:
            io.load_field(tmp_path / name)
        assert_one_line(error, "field=", name, part)


def test_errors_are_inputs():
    """One `except` catches them all."""
    assert issubclass(FileError, InputError)
    assert issubclass(ImageError, InputError)
