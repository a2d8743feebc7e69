"""Files <-> pictures, field files, models: the only file access under the command line and the web page.

The content decides how a file is read, the suffix how one is written. What is
read and written, and what becomes of it, is one rule each:

=====================  ==================================  ===================================
file                   read as                             written to
=====================  ==================================  ===================================
1-bit                  PIL mode 1                          PNG, TIFF, BMP
grey, to 8 bits        L; fewer bits are spread to 0..255  PNG, JPEG, TIFF, BMP
grey with alpha        LA                                  PNG, TIFF
RGB                    RGB                                 PNG, JPEG, WebP, TIFF, BMP
RGBA                   RGBA                                PNG, WebP, TIFF
palette                P with the same palette             PNG, TIFF, BMP
palette, transparency  P with the same palette and alphas  PNG
CMYK                   CMYK                                JPEG, TIFF
16-bit grey or RGB     uint16 array, alpha kept            PNG, TIFF
half, float            float16, float32 array              TIFF, EXR
=====================  ==================================  ===================================

Nothing else is converted: a format that cannot hold the pixels as they are is
refused by `check_mode`. On reading

- a PNG's or GIF's transparent colour makes 1-bit and grey LA, and RGB RGBA;
- colours multiplied by alpha in the file (associated alpha: always in EXR,
  sometimes in TIFF) are divided by it, and EXR is written multiplied again;
  all other files are written with plain colours. Colour where alpha is 0 has no
  such form and is refused;
- YCbCr becomes RGB; a palette with an alpha channel becomes RGBA; other colour
  models (Lab and the like) are refused;
- Exif orientation is applied; the ICC profile is kept for the output to carry;
- animations and multi-page files are refused with their number of frames; of a
  JPEG with more pictures behind it (MPO, the depth and gain maps of phones), the
  first is the picture;
- EXR must be one flat part of Y, YA, RGB or RGBA that fills its display window;
  a single channel of any name counts as grey and is written as Y. Other
  attributes of the file are not kept.

JPEG is written at quality 95 with 4:4:4 colour, WebP lossless (transparent
colours included), TIFF and EXR with lossless deflate. GIF is not written: it
would have to lose colours. There are no time stamps, so the same call gives the
same bytes. Loops of pictures have a page of their own, `patchloom.io.animation`.
Deflate may differ between builds of its library; the pixels do not.

All files deeper than 8 bits go through OpenImageIO, the extra ``hdr``. Pillow
would read 16-bit RGB PNG as 8 bits without a word and knows no float RGB and no
EXR. OpenImageIO fits because it is one maintained wheel for PNG, TIFF and EXR at
16 bits, half and float, keeps profiles, and can leave colours unassociated from
alpha; imageio and OpenCV lack parts of that, tifffile and OpenEXR are for one
format each. Without the extra such files are refused with the remedy.

A picture has at most 400 megapixels, judged by its header before it is decoded, and a profile of at most 4 MB.
A small file cannot take much more time or memory than its pixels do: decoders never see what no pixel needs
(`patchloom.io.plain`), and pieces, scans and tiles in numbers and sizes that no picture has are refused.
"""

from __future__ import annotations

from .animation import ANIMATED, FPS, as_fps, check_frames, decode_frames, encode_frames
from .fields import FIELD_SUFFIXES, encode_field, load_field, save_field
from .formats import MAX_PIXELS, READABLE, UNMARKED, WRITABLE, belongs, check_mode, is_folder, shown
from .kept import check_inputs_kept
from .metadata import read_metadata
from .models import MODEL_SUFFIXES, load_model, read_model, save_model
from .previews import channels_and_range, encode_preview, encode_small
from .pristine import NIQE_SUFFIXES, load_niqe, save_niqe
from .reading import Picture, find_images, read, read_bytes
from .writing import check_writable, clear, encode, place, write

__all__ = [
    "ANIMATED",
    "FIELD_SUFFIXES",
    "FPS",
    "MAX_PIXELS",
    "MODEL_SUFFIXES",
    "NIQE_SUFFIXES",
    "READABLE",
    "UNMARKED",
    "WRITABLE",
    "Picture",
    "as_fps",
    "belongs",
    "channels_and_range",
    "check_frames",
    "check_inputs_kept",
    "check_mode",
    "check_writable",
    "clear",
    "decode_frames",
    "encode",
    "encode_field",
    "encode_frames",
    "encode_preview",
    "encode_small",
    "find_images",
    "is_folder",
    "load_field",
    "load_model",
    "load_niqe",
    "place",
    "read",
    "read_bytes",
    "read_metadata",
    "read_model",
    "save_field",
    "save_model",
    "save_niqe",
    "shown",
    "write",
]
