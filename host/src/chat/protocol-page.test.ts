import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ChatClient } from '../../../test/support/chat-client.js';
import { CLOSE } from '../close-codes.js';
import { createChat } from './chat.js';
import { ERROR_CODES } from './chat-protocol.js';

const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');

/** The text below a heading, up to the next one. */
function section(heading: string): string {
  const at = page.indexOf(`\n${heading}\n`);
  expect(at, `docs/protocol.md has no heading "${heading}"`).toBeGreaterThan(0);
  const body = page.slice(at + heading.length + 2);
  const end = body.search(/\n#+ /);
  return end < 0 ? body : body.slice(0, end);
}

/** The cells of each row of a section's table, without its head. */
function rows(text: string): string[][] {
  const lines = Array.from(text.matchAll(/^\|(.+)\|$/gm), ([, line = '']) => line.split('|').map((cell) => cell.trim()));
  return lines.slice(2);
}

const firstColumn = (text: string) => rows(text).map(([cell = '']) => cell.replaceAll('`', ''));

function exchange(text: string): { readonly from: 'client' | 'server'; readonly json: string }[] {
  return Array.from(text.matchAll(/^([→←]) (.+)$/gm), ([, arrow, json = '']) => ({ from: arrow === '→' ? 'client' : 'server', json }));
}

describe('docs/protocol.md', () => {
  it('lists every error code', () => {
    expect(firstColumn(section('### Error codes'))).toEqual([...ERROR_CODES]);
  });

  it('lists every close code that the host sends, with its reason', () => {
    const listed = rows(section('## Close codes')).map(([code, reason, , back]) => ({
      code: Number(code),
      reason,
      reconnect: back === 'yes',
    }));
    expect(listed).toEqual(Object.values(CLOSE));
  });

  it('has examples made of JSON, with types that its tables know', () => {
    const known = firstColumn(section('## From the server')).flatMap((cell) => cell.split(', '));
    const lines = exchange(page);
    expect(lines.length).toBeGreaterThan(15);
    for (const { from, json } of lines) {
      const { type } = JSON.parse(json) as { type?: string };
      if (from === 'server' && type !== undefined) expect(known).toContain(type);
    }
  });

  it('has refusals word for word', async () => {
    const chat = createChat();
    await ChatClient.connect(chat, '/chat?name=Bob&room=tea');
    const ada = await ChatClient.connect(chat, '/chat?name=Ada');
    const lines = exchange(section('### Refusals'));
    for (const { from, json } of lines) {
      if (from === 'client') {
        ada.heard();
        ada.sayText(json);
      } else expect(ada.heard()).toEqual([JSON.parse(json)]);
    }
  });
});
