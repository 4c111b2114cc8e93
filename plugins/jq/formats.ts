import type { JsonValue } from '@framegate/sdk';
import { JqError } from './error.js';
import { fromUtf8, toUtf8 } from './utf8.js';
import { describe, toJson, typeOf } from './value.js';

type Format = (value: JsonValue) => string;

const HTML: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&#39;', '"': '&quot;' };
const TSV: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' };

const FORMATS: Readonly<Record<string, Format>> = {
  text,
  json: toJson,
  html: (value) => text(value).replace(/[<>&'"]/g, (char) => HTML[char] as string),
  uri: (value) =>
    encodeURIComponent(text(value).toWellFormed()).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`),
  csv: (value) => row('csv', value, ',', (cell) => `"${cell.replaceAll('"', '""')}"`),
  tsv: (value) => row('tsv', value, '\t', (cell) => cell.replace(/[\t\n\r\\]/g, (char) => TSV[char] as string)),
  sh: (value) => (Array.isArray(value) ? value : [value]).map(shellWord).join(' '),
  base64: (value) => encode(toUtf8(text(value))),
  base64d: (value) => fromUtf8(decode(text(value))),
};

export function isFormat(name: string): boolean {
  return Object.hasOwn(FORMATS, name);
}

/** `@name` of a value. Throws JqError for a type that the format doesn't take. */
export function format(name: string, value: JsonValue): string {
  return (FORMATS[name] as Format)(value);
}

/** A text is itself, anything else its JSON. */
export function text(value: JsonValue): string {
  return typeof value === 'string' ? value : toJson(value);
}

function row(name: string, value: JsonValue, separator: string, quote: (cell: string) => string): string {
  if (!Array.isArray(value)) throw new JqError(`${describe(value)} cannot be ${name}-formatted, only an array can be`);
  return value
    .map((cell) => {
      if (typeof cell === 'string') return quote(cell);
      if (cell === null) return '';
      if (typeof cell === 'object') throw new JqError(`${describe(cell)} is not valid in a ${name} row`);
      return toJson(cell);
    })
    .join(separator);
}

function shellWord(value: JsonValue): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "'\\''")}'`;
  if (typeof value === 'object' && value !== null) throw new JqError(`${describe(value)} can not be escaped for shell`);
  return toJson(value);
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function encode(bytes: Uint8Array): string {
  let out = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let digit = 0; digit < 4; digit++) out += at + digit > bytes.length ? '=' : ALPHABET[(group >> (18 - 6 * digit)) & 63];
  }
  return out;
}

function decode(source: string): Uint8Array {
  const digits = source.replace(/=+$/, '');
  if (/[^A-Za-z0-9+/]/.test(digits) || digits.length % 4 === 1)
    throw new JqError(`${typeOf(source)} (${JSON.stringify(source.slice(0, 10))}) is not valid base64 data`);
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let group = 0;
  for (let at = 0, out = 0; at < digits.length; at++) {
    group = ((group << 6) | ALPHABET.indexOf(digits[at] as string)) & 0xffffff;
    if (at % 4 > 0) bytes[out++] = (group >> (6 - 2 * (at % 4))) & 255;
  }
  return bytes;
}
