import { graphemes } from '@framegate/sdk';
import { foldChar } from './confusables.js';

/**
 * The text with the ranges' letters replaced, one character for each that a reader sees. Separators inside a range stay (`b-a-d`
 * becomes `*-*-*`), invisible characters go. Nothing outside the ranges changes. Ranges in order of their start; they may overlap.
 */
export function mask(text: string, ranges: readonly { readonly start: number; readonly end: number }[], character: string): string {
  let out = '';
  let copied = 0;
  for (const { start, end } of ranges) {
    const from = Math.max(start, copied);
    if (end <= from) continue;
    out += text.slice(copied, from) + maskAll(text.slice(from, end), character);
    copied = end;
  }
  return out + text.slice(copied);
}

function maskAll(source: string, character: string): string {
  return graphemes(source)
    .map((grapheme) => {
      const kinds = [...grapheme].map((char) => foldChar(char).kind);
      if (kinds.every((kind) => kind === 'invisible')) return '';
      return kinds.every((kind) => kind === 'invisible' || kind === 'separator') ? grapheme : character;
    })
    .join('');
}
