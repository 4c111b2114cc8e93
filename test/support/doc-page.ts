import { readFileSync } from 'node:fs';

/** A fenced block of a Markdown page. Its first line is `lang name rest`, as in "```ts plugin.ts". */
export interface DocBlock {
  readonly lang: string;
  readonly name: string;
  readonly rest: string;
  readonly text: string;
  /** Where it stands in the page, from 1. */
  readonly line: number;
  /** The page's heading that it stands under. */
  readonly heading: string;
}

/** All fenced blocks of a page, in order. */
export function readBlocks(file: string | URL): DocBlock[] {
  const blocks: DocBlock[] = [];
  let heading = '';
  let open: { info: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (open === undefined) {
      if (line.startsWith('```')) open = { info: line.slice(3).trim(), line: index + 1, lines: [] };
      else if (/^#+ /.test(line)) heading = line.replace(/^#+ /, '');
      continue;
    }
    if (line !== '```') {
      open.lines.push(line);
      continue;
    }
    const [, lang = '', name = '', rest = ''] = /^(\S*) ?(\S*) ?(.*)$/.exec(open.info) ?? [];
    blocks.push({ lang, name, rest, text: open.lines.join('\n'), line: open.line, heading });
    open = undefined;
  }
  if (open !== undefined) throw new Error(`${String(file)}:${open.line}: a block that never ends`);
  return blocks;
}
