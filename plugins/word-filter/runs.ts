import { EITHER, type FoldedChar, foldChar } from './confusables.js';

/** One reading of a run: `b4d!` may be `b4di` or `bad`. Offsets are UTF-16 units of the source. */
interface Reading {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** Letters (with digits, symbols and invisible characters among them) without a separator in between. */
export interface Run extends Reading {
  /** More than the main reading, if digits or symbols make others possible. */
  readonly readings: readonly Reading[] | undefined;
  /** It is written in other letters than a–z, so that letters repeat only after folding. */
  readonly folded: boolean;
}

interface Piece {
  readonly char: FoldedChar;
  readonly source: string;
  readonly start: number;
  end: number;
}

/** A run with more visible characters than this is no word (a letter that is repeated counts three times at most). */
const MAX_PIECES = 128;

/** Everything but ASCII separators; what is beyond ASCII is looked at one by one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are invisible and may stand inside a word
const CANDIDATE = /[A-Za-z0-9@$!|+\x00-\x08\x0e-\x1f\x7f-\uffff]+/g;
const PLAIN = /^[A-Za-z]+$/;

/** The runs of the text between two offsets, in order. */
export function runsOf(text: string, from = 0, to = text.length): Run[] {
  const runs: Run[] = [];
  CANDIDATE.lastIndex = from;
  for (let match = CANDIDATE.exec(text); match !== null && match.index < to; match = CANDIDATE.exec(text)) {
    const [source] = match;
    const start = match.index;
    if (PLAIN.test(source))
      runs.push({ word: source.toLowerCase(), start, end: start + source.length, readings: undefined, folded: false });
    else pushFolded(source, start, runs);
  }
  return runs;
}

function pushFolded(source: string, offset: number, runs: Run[]): void {
  let pieces: Piece[] = [];
  let at = offset;
  for (const symbol of source) {
    const char = foldChar(symbol);
    const start = at;
    at += symbol.length;
    const last = pieces.at(-1);
    if (char.kind === 'separator') {
      pushRun(pieces, runs);
      pieces = [];
    } else if (char.kind === 'invisible') {
      if (last !== undefined) last.end = at;
    } else if (
      last !== undefined &&
      pieces.length > 2 &&
      last.char === char &&
      pieces.at(-2)?.char === char &&
      pieces.at(-3)?.char === char
    ) {
      last.end = at;
    } else if (pieces.length <= MAX_PIECES) {
      pieces.push({ char, source: symbol, start, end: at });
    }
  }
  pushRun(pieces, runs);
}

function pushRun(pieces: readonly Piece[], runs: Run[]): void {
  const [first] = pieces;
  const last = pieces.at(-1);
  if (first === undefined || last === undefined || pieces.length > MAX_PIECES) return;
  if (pieces.every((piece) => piece.char.text === '')) return;
  if (pieces.every((piece) => piece.char.kind === 'letter')) {
    runs.push({ word: spell(pieces), start: first.start, end: last.end, readings: undefined, folded: true });
    return;
  }
  const inner = trim(pieces, (piece) => piece.char.kind === 'symbol');
  const letters = trim(inner, (piece) => piece.char.kind !== 'letter');
  const forms = [pieces, ...(inner.length < pieces.length ? [inner] : []), ...(letters.length < inner.length ? [letters] : [])];
  const readings = [...forms, ...splitAtSymbols(pieces)].flatMap(readingsOf);
  const word = hasLetter(inner) ? spell(inner) : literal(inner);
  runs.push({ word, start: first.start, end: last.end, readings, folded: true });
}

/** A piece list as `i` and, if some of it may be either, as `l`. Without a single letter digits are digits: `455` is a number. */
function readingsOf(pieces: readonly Piece[]): Reading[] {
  const [first] = pieces;
  const last = pieces.at(-1);
  if (first === undefined || last === undefined) return [];
  const range = { start: first.start, end: last.end };
  if (!hasLetter(pieces)) return pieces.some((piece) => piece.char.kind === 'symbol') ? [] : [{ word: literal(pieces), ...range }];
  const readings = [{ word: spell(pieces), ...range }];
  if (pieces.some((piece) => EITHER.includes(piece.source))) {
    readings.push({ word: pieces.map((piece) => (EITHER.includes(piece.source) ? 'l' : piece.char.text)).join(''), ...range });
  }
  return readings;
}

function trim(pieces: readonly Piece[], isEdge: (piece: Piece) => boolean): readonly Piece[] {
  const first = pieces.findIndex((piece) => !isEdge(piece));
  return first < 0 ? [] : pieces.slice(first, pieces.findLastIndex((piece) => !isEdge(piece)) + 1);
}

function splitAtSymbols(pieces: readonly Piece[]): Piece[][] {
  const parts: Piece[][] = [[]];
  for (const piece of pieces) {
    if (piece.char.kind === 'symbol') parts.push([]);
    else parts.at(-1)?.push(piece);
  }
  return parts.length === 1 ? [] : parts.flatMap((part) => [part, [...trim(part, (piece) => piece.char.kind === 'digit')]]);
}

function hasLetter(pieces: readonly Piece[]): boolean {
  return pieces.some((piece) => piece.char.kind === 'letter');
}

function spell(pieces: readonly Piece[]): string {
  return pieces.map((piece) => piece.char.text).join('');
}

function literal(pieces: readonly Piece[]): string {
  return pieces.map((piece) => piece.source.normalize('NFKC')).join('');
}
