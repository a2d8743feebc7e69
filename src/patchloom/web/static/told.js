// What files say of themselves and browsers do not: how many channels of colour they have; that they have several frames,
// of which only the first would be shown; which way up they are, where it stands elsewhere than in a JPEG's Exif.

const RAW_EXIF = "Raw profile type exif\0";
const PNG_XMP = "XML:com.adobe.xmp\0";
const JPEG_XMP = /^http:..ns\.adobe\.com.xap.1\.0.\0/; // a name, though it looks like an address
const EXIF = "Exif\0\0";
const ORIENTATION = 274;
const FRAMES = [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]; // of a JPEG
const UNSURE = 9; // packed, or of a kind that is not read here

const letters = new TextDecoder("latin1");
const begins = (body, text) => letters.decode(body.subarray(0, text.length)) === text;

/**
 * How many channels of colour a file has, besides alpha, and whether it is left to the server to say how it looks:
 * there it is turned as it should be, or refused because it moves.
 */
export async function told(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  try {
    const { channels = 3, left = false } = readerOf(bytes)(bytes);
    return { channels, left };
  } catch (error) {
    if (error instanceof RangeError) return { channels: 3, left: false }; // cut off: whoever decodes it will say so
    throw error;
  }
}

function readerOf(bytes) {
  if (begins(bytes, "GIF8") || begins(bytes, "BM")) return () => ({ left: true }); // may move, may be grey
  if (begins(bytes.subarray(1), "PNG")) return ofPng;
  if (begins(bytes, "RIFF")) return ofWebp;
  return bytes[0] === 0xff && bytes[1] === 0xd8 ? ofJpeg : () => ({});
}

function ofPng(bytes) {
  const found = {};
  const view = new DataView(bytes.buffer);
  for (let at = 8; at + 8 <= bytes.length;) {
    const length = view.getUint32(at);
    const name = letters.decode(bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (name === "acTL") found.moves = true;
    else if (name === "eXIf") found.exif = ofExif(body);
    else if (begins(body, RAW_EXIF)) found.exif ??= UNSURE;
    else if (begins(body, PNG_XMP)) {
      const packed = name === "zTXt" || (name === "iTXt" && body[PNG_XMP.length] === 1);
      found.xmp ??= packed ? UNSURE : ofXmp(body);
    }
    at += length + 12;
  }
  return { channels: [0, 4].includes(bytes[25]) ? 1 : 3, left: found.moves || (found.exif || found.xmp) > 1 };
}

function ofWebp(bytes) {
  const found = {};
  const view = new DataView(bytes.buffer);
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = view.getUint32(at + 4, true);
    const name = letters.decode(bytes.subarray(at, at + 4));
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (name === "VP8X") found.moves = (body[0] & 2) !== 0;
    else if (name === "EXIF") found.exif ??= ofExif(body);
    else if (name === "XMP ") found.xmp ??= ofXmp(body);
    at += 8 + length + (length % 2);
  }
  return { left: found.moves || (found.exif || found.xmp) > 1 };
}

function ofJpeg(bytes) {
  const found = {};
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at += 1; // filling
      continue;
    }
    if (marker === 0xda) break; // pixels begin
    const end = at + 2 + bytes[at + 2] * 256 + bytes[at + 3];
    const body = bytes.subarray(at + 4, end);
    if (FRAMES.includes(marker)) found.channels = body[5];
    else if (marker === 0xe1 && begins(body, EXIF)) found.exif ??= ofExif(body);
    else if (marker === 0xe1 && JPEG_XMP.test(letters.decode(body.subarray(0, 40)))) found.xmp ??= ofXmp(body);
    at = end;
  }
  return { channels: found.channels, left: !found.exif && found.xmp > 1 }; // browsers turn what its Exif says
}

/** The orientation, 1 to 8, that XMP tells; 0 if it does not. */
function ofXmp(body) {
  return Number(/tiff:Orientation(?:="|>)([0-9])/.exec(letters.decode(body))?.[1] ?? 0);
}

/** The orientation that Exif tells; 0 if it does not. */
function ofExif(body) {
  const start = begins(body, EXIF) ? EXIF.length : 0;
  const view = new DataView(body.buffer, body.byteOffset + start, Math.max(0, body.length - start));
  try {
    const small = view.getUint16(0) === 0x4949; // the byte order
    const directory = view.getUint32(4, small);
    const count = view.getUint16(directory, small);
    for (let entry = directory + 2; entry < directory + 2 + 12 * count; entry += 12) {
      if (view.getUint16(entry, small) !== ORIENTATION) continue;
      return view.getUint16(entry + 2, small) === 3 ? view.getUint16(entry + 8, small) : UNSURE;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return 0; // none, or damaged
}
