import { describe, expect, it } from 'vitest';
import { codeFrame } from './code-frame.js';

describe('codeFrame', () => {
  it('shows two lines around the place, with a caret', () => {
    const source = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`).join('\n');
    expect(codeFrame(source, 9, 6, 1)).toBe(
      ['   7 | line 7', '   8 | line 8', '>  9 | line 9', '     |      ^', '  10 | line 10', '  11 | line 11'].join('\n'),
    );
  });

  it('underlines a range, but not beyond the line', () => {
    expect(codeFrame('abcdef', 1, 3, 2).split('\n')[1]).toBe('    |   ^^');
    expect(codeFrame('abcdef', 1, 3, 99).split('\n')[1]).toBe('    |   ^^^^');
  });

  it('cuts a long line around the caret', () => {
    const frame = codeFrame(`${'x'.repeat(500)}!${'y'.repeat(500)}`, 1, 501);
    const [line = '', caret = ''] = frame.split('\n');
    expect(line.length).toBeLessThan(200);
    expect(line[caret.indexOf('^')]).toBe('!');
  });
});
