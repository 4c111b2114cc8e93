import type { Decoding, TextEncoding } from './text-encoding.js';

/** Beside UTF-8. */
export function otherEncodings(): readonly TextEncoding[] {
  return [
    { labels: ['utf-16le', 'utf-16', 'ucs-2', 'iso-10646-ucs-2', 'unicode', 'unicodefeff', 'csunicode'], decode: utf16Decoding(true) },
    { labels: ['utf-16be', 'unicodefffe'], decode: utf16Decoding(false) },
    {
      labels: [
        ...['windows-1252', 'latin1', 'iso-8859-1', 'iso8859-1', 'iso88591', 'iso_8859-1', 'iso_8859-1:1987', 'l1', 'ascii', 'us-ascii'],
        ...['ansi_x3.4-1968', 'cp1252', 'x-cp1252', 'cp819', 'ibm819', 'csisolatin1', 'iso-ir-100'],
      ],
      decode: decodeWindows1252,
    },
  ];
}

/** Windows-1252 at 0x80–0x9f; elsewhere a byte is its code point. */
const WINDOWS_1252 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';
/** Units that one call of String.fromCharCode takes. */
const CHUNK = 4096;

const decodeWindows1252: Decoding = (bytes) => {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return { text: text.replace(/[\x80-\x9f]/g, (char) => WINDOWS_1252[char.charCodeAt(0) - 0x80] as string), isMalformed: false, rest: 0 };
};

/** UTF-16 in the given byte order. */
const utf16Decoding =
  (littleEndian: boolean): Decoding =>
  (bytes, isEnd) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let length = bytes.length & ~1;
    const isHigh = length >= 2 && (view.getUint16(length - 2, littleEndian) & 0xfc00) === 0xd800;
    if (!isEnd && isHigh) length -= 2;
    let units = '';
    for (let at = 0; at < length; at += 2 * CHUNK) {
      const chunk: number[] = [];
      for (let unit = at; unit < Math.min(length, at + 2 * CHUNK); unit += 2) chunk.push(view.getUint16(unit, littleEndian));
      units += String.fromCharCode(...chunk);
    }
    const isCut = isEnd && length < bytes.length;
    // A high surrogate and an odd byte at the end are one error.
    if (isCut && isHigh) units = units.slice(0, -1);
    return {
      text: units.toWellFormed() + (isCut ? '\ufffd' : ''),
      isMalformed: isCut || !units.isWellFormed(),
      rest: isEnd ? 0 : bytes.length - length,
    };
  };
