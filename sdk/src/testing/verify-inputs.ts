import type { Frame } from '@framegate/host';

const MIB = 1_048_576;
const DEPTH = 50_000;

/** A frame that any client may send, whatever the plugin is for. */
export interface VerifyInput {
  readonly name: string;
  readonly frame: Frame;
}

const text = (name: string, payload: string): VerifyInput => ({ name, frame: { kind: 'text', payload: Buffer.from(payload) } });
const binary = (name: string, payload: Uint8Array): VerifyInput => ({ name, frame: { kind: 'binary', payload } });

/** What plugins have stumbled over. The host hands over a text frame only if it is UTF-8: what is not comes as a binary one. */
export function verifyInputs(): readonly VerifyInput[] {
  return [
    text('a chat message', '{"type":"message","id":"1","content":"hello"}'),
    text('plain text', 'hello'),
    text('an empty text frame', ''),
    binary('an empty binary frame', new Uint8Array(0)),
    binary('one zero byte', Uint8Array.of(0)),
    binary('bytes that are not UTF-8', Uint8Array.of(0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80)),
    binary(
      'every byte there is',
      Uint8Array.from({ length: 256 }, (_, byte) => byte),
    ),
    text('zero characters in text', 'a\0b\0'),
    text('a byte order mark', '\uFEFF{"content":"hello"}'),
    text('JSON null', 'null'),
    text('a JSON number', '1e400'),
    text('a JSON list', '[1,"two",null]'),
    text('JSON cut off', '{"type":"message","content":"he'),
    text('JSON with members of other types', '{"type":7,"id":{},"content":[null,{"content":false}],"name":[]}'),
    text('JSON with half a surrogate pair', '{"type":"message","content":"\\ud800"}'),
    text('JSON with one member twice', '{"content":"a","content":"b"}'),
    text('JSON with members that objects have', '{"__proto__":{"content":"x"},"constructor":null,"toString":1,"length":-1}'),
    text(`JSON ${DEPTH.toLocaleString('en')} levels deep`, `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`),
    text('text with every kind of space', '\u00a0\u2028\u2029\u200b\u3000\t\r\n'),
    text('a long message', JSON.stringify({ type: 'message', content: 'lorem ipsum '.repeat(20_000) })),
    text('256 KiB of text', 'é'.repeat(MIB / 8)),
    binary('256 KiB of bytes', new Uint8Array(MIB / 4).fill(0xaa)),
    text('a chat message again', '{"type":"message","id":"1","content":"hello"}'),
  ];
}
