import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';

const MAIN = fileURLToPath(new URL('../../host/dist/main.js', import.meta.url));

const children: ChildProcess[] = [];

/** The built `framegate-host` command in a process of its own. */
export interface HostProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<number>;
  /** Resolves with the first match in what it prints, past or future. */
  printed(pattern: RegExp): Promise<string>;
  /** The same in what it logs. */
  logged(pattern: RegExp): Promise<string>;
  stderr(): string;
}

/** Kills every process that {@link startHostProcess} has started. Call once at the top of a test file. */
export function killAfterEach(): void {
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
}

/** Starts the command in a folder; `config` becomes its framegate.config.json. */
export async function startHostProcess(
  folder: string,
  { config, args = [], env = {} }: { config?: unknown; args?: string[]; env?: Readonly<Record<string, string>> },
): Promise<HostProcess> {
  if (config !== undefined) await writeFile(join(folder, 'framegate.config.json'), JSON.stringify(config));
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const exited = once(child, 'close').then(([code]) => code as number);
  const seen = async (stream: Readable, read: () => string, pattern: RegExp): Promise<string> => {
    for (;;) {
      const match = pattern.exec(read());
      if (match !== null) return match[0];
      const ended = await Promise.race([once(stream, 'data').then(() => false), exited.then(() => true)]);
      if (ended) throw new Error(`the command ended without printing ${pattern}: ${stderr}`);
    }
  };
  return {
    child,
    exited,
    printed: (pattern) => seen(child.stdout, () => stdout, pattern),
    logged: (pattern) => seen(child.stderr, () => stderr, pattern),
    stderr: () => stderr,
  };
}
