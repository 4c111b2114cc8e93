import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { step } from '../scripts/steps.mjs';
import { ROOT } from './paths.js';
import { measured, type Row, withBar } from './rows.js';
import type { BenchSection } from './section.js';

const FOLDER = join(ROOT, 'bench', 'dist', 'author');
const MAIN = join(ROOT, 'sdk', 'dist', 'cli', 'main.js');
const LIVE = /live in \d+ ms .*http:\/\/localhost:(\d+)\//;
const SAVES = 20;
/** framegate dev shows a line for each answer: asking at once would measure that. */
const ASK_EVERY_MS = 5;

/** What an author waits for: `framegate dev` as it is, a client that asks again and again, and a file that is saved. */
export const author: BenchSection = {
  name: 'author',
  about: `From the save of a TypeScript plugin's source, in \`framegate dev\`, to the first answer of the new version that a connected client gets: ${SAVES} saves a round, the middle one and the slowest. Less is better.`,
  async measure({ runs, quick }) {
    const rounds: number[][] = [];
    for (let round = 1; round <= runs; round++) {
      await step(`author: round ${round} of ${runs}, saves in framegate dev`, async () => {
        rounds.push(await saves(quick ? 5 : SAVES));
      });
    }
    return rows(rounds);
  },
};

function rows(rounds: readonly (readonly number[])[]): Row[] {
  const sorted = rounds.map((round) => [...round].sort((a, b) => a - b));
  const at = (share: number) => sorted.map((round) => round[Math.floor((round.length - 1) * share)] ?? Number.NaN);
  return [
    withBar(measured('from the save to the first answer of the new version, median', 'ms', at(0.5)), { atMost: 300 }),
    withBar(measured('… the slowest', 'ms', at(1)), { atMost: 300 }),
  ];
}

async function saves(count: number): Promise<number[]> {
  await mkdir(FOLDER, { recursive: true });
  const file = join(FOLDER, 'plugin.ts');
  await writeFile(file, source(0));
  const dev = spawn(process.execPath, [MAIN, 'dev', '--port', '0'], { cwd: FOLDER, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const client = new WebSocket(`ws://localhost:${await portOf(dev)}/chat`);
    await once(client, 'open');
    const took: number[] = [];
    for (let version = 1; version <= count; version++) {
      const answered = answer(client, `version ${version}`);
      const saved = performance.now();
      await writeFile(file, source(version));
      await answered;
      took.push(performance.now() - saved);
    }
    client.terminate();
    return took;
  } finally {
    dev.kill('SIGTERM');
    await once(dev, 'exit');
    await rm(FOLDER, { recursive: true });
  }
}

/** Asks again after every answer, until it is this one. */
function answer(client: WebSocket, wanted: string): Promise<void> {
  return new Promise((resolve) => {
    const listen = (data: WebSocket.RawData): void => {
      if (data.toString() !== wanted) {
        setTimeout(() => client.send('which'), ASK_EVERY_MS);
        return;
      }
      client.off('message', listen);
      resolve();
    };
    client.on('message', listen);
    client.send('which');
  });
}

async function portOf(dev: ChildProcess): Promise<string> {
  if (dev.stdout === null) throw new Error('framegate dev has no output');
  const said: string[] = [];
  for await (const line of createInterface({ input: dev.stdout })) {
    said.push(line);
    const port = LIVE.exec(line)?.[1];
    if (port === undefined) continue;
    dev.stdout.resume();
    return port;
  }
  throw new Error(`framegate dev ended before it was live:\n${said.join('\n')}`);
}

function source(version: number): string {
  return `import { definePlugin, drop } from '@framegate/sdk';
export const plugin = definePlugin({
  name: 'author', version: '1.0.0',
  onRequest: (frame) => (frame.kind === 'text' && frame.text === 'which' ? drop('asked').reply('version ${version}') : undefined),
});
`;
}
