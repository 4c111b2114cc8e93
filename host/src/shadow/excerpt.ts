import type { Frame } from '../frame.js';
import type { Masking } from '../recording/masking.js';

/** A larger payload is not searched for what is to be masked, and not shown. */
const MAX_MASKED_BYTES = 65_536;

/** The beginning of a frame, fit to be shown to an operator. */
export interface Excerpt {
  readonly kind: Frame['kind'];
  /** Text as it is, binary as hexadecimal digits; empty where payloads are not shown. */
  readonly text: string;
  /** Of the whole payload. */
  readonly bytes: number;
  readonly truncated: boolean;
}

/** `bytes`: how many of the payload are shown at most; 0: none. What the masking names is masked before anything is cut. */
export function excerptOf(frame: Frame, bytes: number, masking: Masking): Excerpt {
  const { kind, payload } = frame;
  if (bytes === 0 || payload.length > MAX_MASKED_BYTES) return { kind, text: '', bytes: payload.length, truncated: payload.length > 0 };
  const shown = Buffer.from(masking.frame(frame).payload);
  const cut = shown.subarray(0, bytes);
  return {
    kind,
    text: kind === 'text' ? cut.toString('utf8').replace(/\uFFFD+$/, '') : cut.toString('hex'),
    bytes: payload.length,
    truncated: cut.length < shown.length,
  };
}
