/** What `skipValue` returns where no JSON value stands. */
export enum EndOfValue {
  NONE = -1,
}

const MAX_DEPTH: i32 = 512;

/** The first position from `at` that is no white space. */
export function skipBlanks(text: string, at: i32): i32 {
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code != 0x20 && code != 0x09 && code != 0x0a && code != 0x0d) break;
    at++;
  }
  return at;
}

/** The position after the value that starts at `at` (RFC 8259), or EndOfValue.NONE. */
export function skipValue(text: string, at: i32, depth: i32): i32 {
  if (at < 0 || at >= text.length || depth > MAX_DEPTH) return EndOfValue.NONE;
  const code = text.charCodeAt(at);
  if (code == 0x22) return skipString(text, at);
  if (code == 0x7b) return skipObject(text, at, depth);
  if (code == 0x5b) return skipArray(text, at, depth);
  if (code == 0x74) return skipWord(text, at, 'true');
  if (code == 0x66) return skipWord(text, at, 'false');
  if (code == 0x6e) return skipWord(text, at, 'null');
  return skipNumber(text, at);
}

/** What the valid JSON string from `start` to `end` says. */
export function readString(text: string, start: i32, end: i32): string {
  let value = '';
  let from = start + 1;
  let at = from;
  while (at < end - 1) {
    if (text.charCodeAt(at) != 0x5c) {
      at++;
      continue;
    }
    value += text.substring(from, at);
    const code = text.charCodeAt(at + 1);
    if (code == 0x75) {
      value += String.fromCharCode(<i32>parseInt(text.substring(at + 2, at + 6), 16));
      at += 6;
    } else {
      value += String.fromCharCode(unescaped(code));
      at += 2;
    }
    from = at;
  }
  return value + text.substring(from, end - 1);
}

function unescaped(code: i32): i32 {
  if (code == 0x6e) return 0x0a;
  if (code == 0x74) return 0x09;
  if (code == 0x72) return 0x0d;
  if (code == 0x62) return 0x08;
  if (code == 0x66) return 0x0c;
  return code;
}

function skipString(text: string, start: i32): i32 {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code == 0x22) return at + 1;
    if (code < 0x20) return EndOfValue.NONE;
    at = code == 0x5c ? skipEscape(text, at + 1) : at + 1;
    if (at < 0) return EndOfValue.NONE;
  }
  return EndOfValue.NONE;
}

function skipEscape(text: string, at: i32): i32 {
  if (at >= text.length) return EndOfValue.NONE;
  const code = text.charCodeAt(at);
  if (code != 0x75) return '"\\/bfnrt'.includes(String.fromCharCode(code)) ? at + 1 : EndOfValue.NONE;
  if (at + 5 > text.length) return EndOfValue.NONE;
  for (let digit = at + 1; digit < at + 5; digit++) if (!isHexDigit(text.charCodeAt(digit))) return EndOfValue.NONE;
  return at + 5;
}

function skipObject(text: string, start: i32, depth: i32): i32 {
  let at = skipBlanks(text, start + 1);
  if (at < text.length && text.charCodeAt(at) == 0x7d) return at + 1;
  while (at < text.length && text.charCodeAt(at) == 0x22) {
    at = skipString(text, at);
    if (at < 0) return EndOfValue.NONE;
    at = skipBlanks(text, at);
    if (at >= text.length || text.charCodeAt(at) != 0x3a) return EndOfValue.NONE;
    at = skipValue(text, skipBlanks(text, at + 1), depth + 1);
    if (at < 0) return EndOfValue.NONE;
    at = skipBlanks(text, at);
    if (at >= text.length) return EndOfValue.NONE;
    if (text.charCodeAt(at) == 0x7d) return at + 1;
    if (text.charCodeAt(at) != 0x2c) return EndOfValue.NONE;
    at = skipBlanks(text, at + 1);
  }
  return EndOfValue.NONE;
}

function skipArray(text: string, start: i32, depth: i32): i32 {
  let at = skipBlanks(text, start + 1);
  if (at < text.length && text.charCodeAt(at) == 0x5d) return at + 1;
  while (true) {
    at = skipValue(text, at, depth + 1);
    if (at < 0) return EndOfValue.NONE;
    at = skipBlanks(text, at);
    if (at >= text.length) return EndOfValue.NONE;
    if (text.charCodeAt(at) == 0x5d) return at + 1;
    if (text.charCodeAt(at) != 0x2c) return EndOfValue.NONE;
    at = skipBlanks(text, at + 1);
  }
}

function skipWord(text: string, at: i32, word: string): i32 {
  return text.substr(at, word.length) == word ? at + word.length : EndOfValue.NONE;
}

/** `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?` */
function skipNumber(text: string, start: i32): i32 {
  let at = codeAt(text, start) == 0x2d ? start + 1 : start;
  if (codeAt(text, at) == 0x30) at++;
  else at = skipDigits(text, at);
  if (at >= 0 && codeAt(text, at) == 0x2e) at = skipDigits(text, at + 1);
  if (at >= 0 && (codeAt(text, at) | 0x20) == 0x65) {
    const sign = codeAt(text, at + 1);
    at = skipDigits(text, sign == 0x2b || sign == 0x2d ? at + 2 : at + 1);
  }
  return at;
}

/** One digit or more. */
function skipDigits(text: string, start: i32): i32 {
  let at = start;
  while (codeAt(text, at) >= 0x30 && codeAt(text, at) <= 0x39) at++;
  return at > start ? at : EndOfValue.NONE;
}

/** 0 past the end. */
function codeAt(text: string, at: i32): i32 {
  return at < text.length ? text.charCodeAt(at) : 0;
}

function isHexDigit(code: i32): bool {
  const letter = code | 0x20;
  return (code >= 0x30 && code <= 0x39) || (letter >= 0x61 && letter <= 0x66);
}
