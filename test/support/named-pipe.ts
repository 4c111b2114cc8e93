import { execFileSync } from 'node:child_process';

/** POSIX. */
const MAKE = 'mkfifo';

/** Makes named pipes: whoever opens one waits for somebody at its other end. */
export function makeNamedPipes(...files: readonly string[]): void {
  execFileSync(MAKE, files);
}
