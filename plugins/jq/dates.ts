import type { JsonValue } from '@framegate/sdk';
import { JqError } from './error.js';
import { describe } from './value.js';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

type DateFunction = (value: JsonValue, ...values: JsonValue[]) => JsonValue;

/** Dates of UTC. A broken-down time is [year, month 0–11, day, hours, minutes, seconds, day of the week, day of the year 0–365]. */
export const BROKEN_DOWN: Readonly<Record<string, DateFunction>> = {
  'gmtime/0': (value) => breakDown(secondsOf(value)),
  'mktime/0': (value) => Math.floor(dateOf(value).getTime() / 1000),
  'strftime/1': (value, format) => strftime(typeof value === 'number' ? new Date(value * 1000) : dateOf(value), format),
  'strptime/1': strptime,
};

function secondsOf(value: JsonValue): number {
  if (typeof value !== 'number' || !(Math.abs(value) <= 8.64e12)) throw new JqError(`${describe(value)} is no number of seconds`);
  return value;
}

function breakDown(seconds: number): JsonValue[] {
  const date = new Date(seconds * 1000);
  const fraction = date.getUTCSeconds() + (seconds - Math.floor(seconds));
  return [
    date.getUTCFullYear(),
    date.getUTCMonth(),
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    fraction,
    date.getUTCDay(),
    dayOfYear(date),
  ];
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000);
}

function dateOf(value: JsonValue): Date {
  if (!Array.isArray(value) || value.length < 6 || !value.every((part) => typeof part === 'number')) {
    throw new JqError(`${describe(value)} is no broken-down time: it needs an array of 6 numbers or more`);
  }
  const [year, month, day, hours, minutes, seconds] = value.map(Math.floor) as [number, number, number, number, number, number];
  return new Date(Date.UTC(year, month, day, hours, minutes, seconds));
}

const two = (value: number, pad = '0'): string => String(value).padStart(2, pad);

const FIELDS: Readonly<Record<string, (date: Date) => string>> = {
  Y: (date) => String(date.getUTCFullYear()),
  m: (date) => two(date.getUTCMonth() + 1),
  d: (date) => two(date.getUTCDate()),
  e: (date) => two(date.getUTCDate(), ' '),
  H: (date) => two(date.getUTCHours()),
  I: (date) => two(date.getUTCHours() % 12 || 12),
  M: (date) => two(date.getUTCMinutes()),
  S: (date) => two(date.getUTCSeconds()),
  Z: () => 'UTC',
  z: () => '+0000',
  p: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  A: (date) => DAYS[date.getUTCDay()] as string,
  a: (date) => (DAYS[date.getUTCDay()] as string).slice(0, 3),
  B: (date) => MONTHS[date.getUTCMonth()] as string,
  b: (date) => (MONTHS[date.getUTCMonth()] as string).slice(0, 3),
  j: (date) => String(dayOfYear(date) + 1).padStart(3, '0'),
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  T: (date) => date.toISOString().slice(11, 19),
  F: (date) => date.toISOString().slice(0, 10),
  '%': () => '%',
};

function strftime(date: Date, format: JsonValue | undefined): string {
  if (typeof format !== 'string') throw new JqError('strftime/1 requires a string format');
  if (Number.isNaN(date.getTime())) throw new JqError('strftime/1 requires a time that a date can be made of');
  return format.replace(/%(.?)/gs, (_, letter: string) => {
    const field = FIELDS[letter];
    if (field === undefined) throw new JqError(`strftime/1 does not know %${letter}`);
    return field(date);
  });
}

const PARTS: Readonly<Record<string, string>> = {
  Y: '\\d{4}',
  m: '\\d\\d',
  d: '\\d\\d',
  H: '\\d\\d',
  M: '\\d\\d',
  S: '\\d\\d',
  Z: '[A-Za-z]+',
  z: '[+-]\\d{4}',
};

/** Reads `%Y %m %d %H %M %S`; `%Z` and `%z` are passed over, as the C library does. */
function strptime(value: JsonValue, format: JsonValue | undefined): JsonValue {
  if (typeof value !== 'string' || typeof format !== 'string')
    throw new JqError(`strptime/1 requires string inputs and arguments, not ${describe(value)}`);
  const letters: string[] = [];
  const source = format
    .replace(/%T/g, '%H:%M:%S')
    .replace(/%F/g, '%Y-%m-%d')
    .replace(/%(.?)|[^%A-Za-z0-9\s]/gs, (found: string, letter: string | undefined) => {
      if (letter === undefined) return `\\${found}`;
      const part = PARTS[letter];
      if (part === undefined) throw new JqError(`strptime/1 does not know %${letter}`);
      letters.push(letter);
      return `(${part})`;
    });
  const match = new RegExp(`^${source}$`).exec(value);
  if (match === null) throw new JqError(`date ${JSON.stringify(value)} does not match format ${JSON.stringify(format)}`);
  const of = (letter: string, fallback: number): number => {
    const index = letters.indexOf(letter);
    return index < 0 ? fallback : Number(match[index + 1]);
  };
  return breakDown(Date.UTC(of('Y', 1900), of('m', 1) - 1, of('d', 1), of('H', 0), of('M', 0), of('S', 0)) / 1000);
}
