/**
 * Reads the zip files that releases have, so that a function's package depends on what is in them and not on how they were packed.
 *
 * @module
 */
import { inflateRawSync } from "node:zlib";

// The numbers are those of the format's specification [APPNOTE.TXT, 4.3: central directory and its end; 4.4.5: methods].
const END = 0x06054b50;
const ENTRY = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;

/** The files of a zip, by path; `undefined` for what is none, or one of a kind that no build of ours makes (encrypted, zip64). */
export function unzip(zip: Buffer): Map<string, Buffer> | undefined {
  try {
    return read(zip);
  } catch {
    // A length or an offset that points outside, or data that do not inflate.
    return undefined;
  }
}

function read(zip: Buffer): Map<string, Buffer> | undefined {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || zip.readUInt32LE(end) !== END) return undefined;
  const files = new Map<string, Buffer>();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(at) !== ENTRY) return undefined;
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    const name = zip.toString("utf8", at + 46, at + 46 + nameLength);
    const content = unpack(zip, at);
    // A name that leads out of the package is not taken.
    if (content === undefined || name.startsWith("/") || name.split(/[\\/]/).includes("..")) return undefined;
    if (!name.endsWith("/")) files.set(name, content);
    at += 46 + nameLength + extraLength + commentLength;
  }
  return files;
}

function unpack(zip: Buffer, entry: number): Buffer | undefined {
  const method = zip.readUInt16LE(entry + 10);
  const packed = zip.readUInt32LE(entry + 20);
  const length = zip.readUInt32LE(entry + 24);
  const local = zip.readUInt32LE(entry + 42);
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  if (start + packed > zip.length) return undefined;
  const data = zip.subarray(start, start + packed);
  const content = method === STORED ? data : method === DEFLATED ? inflateRawSync(data) : undefined;
  return content?.length === length ? content : undefined;
}
