import { expect, it } from 'vitest';
import { formatValue } from './config-problem.js';

it('shows a value in one line, however large or deep it is', () => {
  const deep = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`);
  expect(formatValue(deep)).toBe('a list that is nested too deeply to be shown');
  expect(formatValue({ deep })).toBe('an object that is nested too deeply to be shown');
  expect(formatValue('x'.repeat(100))).toMatch(/^"x{56}…$/);
});
