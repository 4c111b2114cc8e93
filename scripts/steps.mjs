import { spawn } from 'node:child_process';

/** npm's program name on this system. */
export const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const dim = (text) => (colour ? `\u001b[2m${text}\u001b[22m` : text);
const green = (text) => (colour ? `\u001b[32m${text}\u001b[39m` : text);

/** One line for something that has been done. */
export function done(what) {
  console.log(`  ${green('✓')} ${what}`);
}

/** Runs one named step and prints one line for it: what, and how long it took. */
export async function step(title, run) {
  const started = performance.now();
  if (process.stdout.isTTY) process.stdout.write(dim(`  … ${title}`));
  const result = await run();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (process.stdout.isTTY) process.stdout.write('\r\u001b[2K');
  console.log(`  ${green('✓')} ${title} ${dim(`${seconds} s`)}`);
  return result;
}

/** Runs a program to its end; its output is shown only if it fails, unless `show` says otherwise. */
export function run(command, args, { cwd, env, show = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(Object.assign(new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}\n${output}`), { exitCode: code ?? 1 }));
    });
  });
}
