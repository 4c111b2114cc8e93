import { transform } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { StackTraceMapper } from './stack-trace.js';

const source = `type Rule = { word: string };

export function check(rule: Rule | undefined): string {
  return rule!.word;
}
`;

async function bundle() {
  const { code, map } = await transform(source, {
    loader: 'ts',
    sourcemap: 'external',
    sourcefile: 'src/rules.ts',
    minifyWhitespace: true,
  });
  const column = code.indexOf('rule.word') + 1;
  return { map, line: code.slice(0, column).split('\n').length, column };
}

describe('StackTraceMapper', () => {
  it("puts the TypeScript file, line and column in place of the bundle's", async () => {
    const { map, line, column } = await bundle();
    const trace = `TypeError: cannot read property 'word' of undefined\n    at check (plugin.js:${line}:${column})\n    at <eval> (plugin.js:${line})\n`;
    expect(new StackTraceMapper(map).map(trace)).toMatch(/at check \(src\/rules\.ts:4:10\)\n {4}at <eval> \(src\/rules\.ts:\d+\)\n/);
  });

  it('leaves other texts and positions that the map does not know as they are', async () => {
    const { map } = await bundle();
    const mapper = new StackTraceMapper(map);
    for (const text of ['no such rule', 'at check (plugin.js:900:1)', 'at my-plugin.json:1:1']) expect(mapper.map(text)).toBe(text);
  });

  it('leaves a text as it is when the map is no good', () => {
    expect(new StackTraceMapper('not JSON').map('at plugin.js:1:1')).toBe('at plugin.js:1:1');
  });
});
