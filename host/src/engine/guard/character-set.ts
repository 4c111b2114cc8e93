const FIRST_PRINTABLE = 0x20;
const FIRST_UNPRINTABLE = 0x7f;
const BACKSLASH = 0x5c;

/** ASCII characters that a guest looks for. */
export class CharacterSet {
  /** By byte: whether a text that has it is the guest's to look at. A character that is not ASCII never rules anything out. */
  readonly #isFound = new Uint8Array(256);

  constructor(characters: string) {
    this.#isFound.fill(1, 0, FIRST_PRINTABLE).fill(1, FIRST_UNPRINTABLE);
    for (const character of characters) this.#isFound[character.charCodeAt(0) & 0xff] = 1;
    // an escape that stands for it: `\n`; one for a printable character has that in it, for `\u` never gets here
    if ([...characters].some((character) => character < ' ')) this.#isFound[BACKSLASH] = 1;
  }

  /** Whether one of them stands in the text, or something that may be read as one: whatever is no printable ASCII. Of JSON's escapes there is no `\\u`. */
  mayOccurIn(payload: Uint8Array, start: number, end: number): boolean {
    for (let at = start; at < end; at++) if (this.#isFound[payload[at] as number] === 1) return true;
    return false;
  }
}
