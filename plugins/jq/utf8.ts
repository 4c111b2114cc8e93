/** Every guest has them; the ES library's types don't. */
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string };

export function toUtf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** U+FFFD for what is not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
