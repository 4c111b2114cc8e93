import { hostFail, hostNow } from './host';
import { utf8, utf8Length } from './text';

/** What `throw`, a failed `assert` and the runtime's own checks come down to: the host learns why and where, and the call ends. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const what = message === null ? 'aborted' : message;
  const why = file === null ? what : what + '\n    at ' + file + ':' + line.toString() + ':' + column.toString();
  const length = utf8Length(why);
  hostFail(utf8(why, length), length);
  unreachable();
}

/** Where `Math.random` starts. It is no secret: use it for nothing that must not be guessed. */
export function seed(): f64 {
  return hostNow();
}
