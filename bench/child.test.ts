import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Child } from './child.js';

let folder = '';
let file = '';

type Echo = { repeat: (text: string) => string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framegate-bench-'));
  file = join(folder, 'child.mjs');
  await writeFile(
    file,
    `process.on('disconnect', () => process.exit(0));
     process.on('message', ({ id, input }) => {
       if (input === 'refuse') process.send({ id, error: 'refused' });
       else if (input === 'die') { console.error('out of luck'); process.exit(3); }
       else process.send({ id, value: input + input });
     });`,
  );
});

afterAll(() => rm(folder, { recursive: true }));

const start = (): Child<Echo> => new Child<Echo>('parrot', pathToFileURL(file).href);

describe('Child', () => {
  it('answers calls, each with its own answer', async () => {
    const child = start();
    expect(await Promise.all([child.call('repeat', 'a'), child.call('repeat', 'b')])).toEqual(['aa', 'bb']);
    await child.stop();
  });

  it("passes on a call's failure with the process's name", async () => {
    const child = start();
    await expect(child.call('repeat', 'refuse')).rejects.toThrow('parrot: refused');
    await child.stop();
  });

  it('fails open and later calls when the process dies, and says what it last printed', async () => {
    const child = start();
    const open = child.call('repeat', 'die');
    await expect(open).rejects.toThrow(/parrot ended with 3.*out of luck/s);
    await expect(child.call('repeat', 'a')).rejects.toThrow('out of luck');
  });
});
