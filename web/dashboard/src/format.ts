const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const RATE = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, notation: 'compact' });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const DAY_AND_CLOCK = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const UNITS = ['B', 'KiB', 'MiB', 'GiB'] as const;

export const count = (value: number): string => COUNT.format(value);

/** Per second. */
export const rate = (value: number): string => RATE.format(value);

export const clock = (at: number): string => CLOCK.format(at);

export const dayAndClock = (at: number): string => DAY_AND_CLOCK.format(at);

/** Milliseconds, as the upper bound of a histogram's bucket. */
export const milliseconds = (value: number | undefined): string => (value === undefined ? '–' : `≤ ${value} ms`);

export function bytes(value: number): string {
  const unit = Math.min(UNITS.length - 1, value < 1 ? 0 : Math.floor(Math.log2(value) / 10));
  const scaled = value / 1024 ** unit;
  return `${unit === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${UNITS[unit]}`;
}

/** A span of time in words, such as `2 min 5 s`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** A part of a whole in per cent; 100 only if nothing is missing. */
export const share = (part: number, whole: number): string => `${Math.floor((part / whole) * 1000) / 10} %`;

/** What is left of a digest where a person is to tell it from others. */
export const shortDigest = (sha256: string): string => sha256.slice(0, 10);

/** A version as people call it. */
export const versionName = ({ version, sha256 }: { readonly version?: string; readonly sha256: string }): string =>
  version === undefined ? shortDigest(sha256) : `v${version}`;

/** Text that somebody else has chosen, with what cannot be seen or turns its direction round written as `\u{202e}`. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
}
