// Everyday words of four letters: no filter objects to them, and an index is five bits.
const WORDS = (
  'lake moon rain tree bird road hill boat milk rose snow wind leaf sand fish gate ' +
  'lamp door book song ring corn wool bell cake pond fern pear reed silk oven harp'
).split(' ');

const COUNTER_WORDS = 6;
const WORD_BYTES = 5;
const PREFIX = '{"name":"ada","content":"';
const SUFFIX = '"}';

/** Bytes of the messages that the bench sends: a chat line. */
export const PAYLOAD_BYTES = 140;

/** Messages before a source repeats itself. */
export const DISTINCT_MESSAGES = WORDS.length ** COUNTER_WORDS;

const word = (index: number): string => WORDS[index % WORDS.length] ?? '';

/** `value` in base 32, least digit first, a word a digit. */
function words(value: number, count: number): string {
  return Array.from({ length: count }, (_, place) => word(Math.floor(value / WORDS.length ** place))).join(' ');
}

/**
 * Chat messages of exactly `bytes` bytes (ASCII JSON), no two alike: within a source they differ by a counter,
 * between sources by `run` and `connection` (below 32³ and 32² each).
 */
export class MessageSource {
  readonly #template: Buffer;
  #next = 0;

  constructor(options: { readonly bytes: number; readonly run: number; readonly connection: number }) {
    const start = `${PREFIX}${words(0, COUNTER_WORDS)} ${words(options.run, 3)} ${words(options.connection, 2)}`;
    const room = options.bytes - start.length - SUFFIX.length;
    if (room < 0) throw new Error(`A bench message takes at least ${start.length + SUFFIX.length} bytes; ${options.bytes} were asked for.`);
    const filler = ` ${Array.from({ length: Math.ceil(room / WORD_BYTES) }, (_, index) => word(index + options.connection)).join(' ')}`;
    this.#template = Buffer.from(start + filler.slice(0, room) + SUFFIX, 'latin1');
  }

  /** A buffer that `write` fills: one for each message in flight. */
  createBuffer(): Buffer {
    return Buffer.from(this.#template);
  }

  /** Turns a buffer of this source into the next message. */
  write(buffer: Buffer): void {
    let rest = this.#next;
    this.#next += 1;
    for (let place = 0; place < COUNTER_WORDS; place++) {
      buffer.write(word(rest & 31), PREFIX.length + place * WORD_BYTES, 'latin1');
      rest >>>= 5;
    }
  }
}
