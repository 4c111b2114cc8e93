import { codeFrame } from './code-frame.js';
import type { SourceLocation } from './compile-error.js';

const NAMED_IN_MESSAGE = /export "([^"]+)"|both "plugin" and "([^"]+)"/;
const ANY_EXPORT = /^[ \t]*export\b/m;

/**
 * Where a source exports what a message about its exports names; else where it exports anything, else its start. Found by the words of
 * the export, for such a message has no stack: a value has the wrong shape, but no line of the source failed.
 */
export function exportPlace(
  file: string,
  source: string | undefined,
  message: string,
): { location: SourceLocation; frame: string | undefined } {
  const text = source ?? '';
  const [, one, other] = NAMED_IN_MESSAGE.exec(message) ?? [];
  const at = placeOf(text, one ?? other) ?? Math.max(0, text.search(ANY_EXPORT));
  const before = text.slice(0, at).split(/\r?\n/);
  const location = { file, line: before.length, column: (before.at(-1) ?? '').length + 1 };
  return { location, frame: source === undefined ? undefined : codeFrame(source, location.line, location.column) };
}

function placeOf(source: string, name: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  const word = name.replace(/\$/g, '\\$&');
  const forms = [
    `^[ \\t]*export\\s+(?:(?:async|const|let|var|function|class)\\b[\\s*]*)*${word}(?![\\w$])`,
    `^[ \\t]*export\\s*(?:type\\s*)?\\{[^}]*?(?<![\\w$])${word}(?![\\w$])\\s*[,}]`,
  ];
  for (const form of forms) {
    const at = source.search(new RegExp(form, 'm'));
    if (at >= 0) return at + (source.slice(at).match(/^[ \t]*/)?.[0].length ?? 0);
  }
  return undefined;
}
