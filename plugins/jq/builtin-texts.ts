import type { JsonValue } from '@framegate/sdk';
import { isArray, isNumber, isText, need, plain } from './builtin.js';
import { JqError } from './error.js';
import type { Builtin } from './filter.js';
import { format, isFormat, text } from './formats.js';
import { add, split } from './operators.js';
import { matches } from './regex.js';
import { describe } from './value.js';

/** Functions of texts. Those that begin with `_` serve the definitions only. */
export const TEXTS: Readonly<Record<string, Builtin>> = {
  'explode/0': plain((value) => [...need(value, isText, 'cannot be exploded')].map((char) => char.codePointAt(0) as number)),
  'implode/0': plain((value) => {
    const points = need(value, isArray, 'implode input must be an array');
    const isPoint = (point: JsonValue): point is number => isNumber(point) && Number.isInteger(point) && point >= 0 && point <= 0x10ffff;
    return points.map((point) => String.fromCodePoint(need(point, isPoint, 'is no code point'))).join('');
  }),
  'ascii_downcase/0': plain((value) => need(value, isText, 'is not a string').replace(/[A-Z]+/g, (part) => part.toLowerCase())),
  'ascii_upcase/0': plain((value) => need(value, isText, 'is not a string').replace(/[a-z]+/g, (part) => part.toUpperCase())),
  'startswith/1': plain((value, prefix) => texts('startswith', value, prefix, (a, b) => a.startsWith(b))),
  'endswith/1': plain((value, suffix) => texts('endswith', value, suffix, (a, b) => a.endsWith(b))),
  'ltrimstr/1': plain((value, prefix) =>
    isText(value) && isText(prefix as JsonValue) && value.startsWith(prefix as string) ? value.slice((prefix as string).length) : value,
  ),
  'rtrimstr/1': plain((value, suffix) =>
    isText(value) && isText(suffix as JsonValue) && suffix !== '' && value.endsWith(suffix as string)
      ? value.slice(0, -(suffix as string).length)
      : value,
  ),
  'trim/0': plain((value) => need(value, isText, 'cannot be trimmed').trim()),
  'ltrim/0': plain((value) => need(value, isText, 'cannot be trimmed').trimStart()),
  'rtrim/0': plain((value) => need(value, isText, 'cannot be trimmed').trimEnd()),
  'split/1': plain((value, separator) => texts('split', value, separator, split)),
  'split/2': plain((value, source, flags) => {
    const parts: JsonValue[] = [];
    const points = [...need(value, isText, 'cannot be matched, as it is not a string')];
    let from = 0;
    for (const match of matches(value, source as JsonValue, `g${text(flags ?? '') === 'null' ? '' : text(flags ?? '')}`) as {
      offset: number;
      length: number;
    }[]) {
      parts.push(points.slice(from, match.offset).join(''));
      from = match.offset + match.length;
    }
    return [...parts, points.slice(from).join('')];
  }),
  'join/1': plain((value, separator) => {
    const parts = need(value, isArray, 'cannot be joined');
    let joined: JsonValue = parts.length === 0 ? '' : null;
    for (const [index, part] of parts.entries()) {
      const piece = part === null ? '' : isNumber(part) || typeof part === 'boolean' ? text(part) : part;
      joined = index === 0 ? add('', piece) : add(add(joined, separator as JsonValue), piece);
    }
    return joined;
  }),
  '_match/2': plain((value, source, flags) => matches(value, source as JsonValue, flags as JsonValue)),
  'format/1': plain((value, name) => {
    if (!isText(name as JsonValue) || !isFormat(name as string)) throw new JqError(`${text(name as JsonValue)} is not a valid format`);
    return format(name as string, value);
  }),
};

function texts<T extends JsonValue>(
  name: string,
  value: JsonValue,
  other: JsonValue | undefined,
  run: (value: string, other: string) => T,
): T {
  if (!isText(value) || !isText(other as JsonValue))
    throw new JqError(`${name} input and parameter must be strings: ${describe(value)}, ${describe(other as JsonValue)}`);
  return run(value, other as string);
}
