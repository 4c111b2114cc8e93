import { describe, expect, it } from 'vitest';
import { DISTINCT_MESSAGES, MessageSource } from './message-source.js';

function take(options: { bytes: number; run: number; connection: number }, count: number): string[] {
  const source = new MessageSource(options);
  const buffer = source.createBuffer();
  return Array.from({ length: count }, () => {
    source.write(buffer);
    return buffer.toString('utf8');
  });
}

describe('MessageSource', () => {
  it('makes chat messages of exactly the asked size', () => {
    for (const bytes of [100, 140, 1000]) {
      const [message = ''] = take({ bytes, run: 0, connection: 0 }, 1);
      expect(Buffer.byteLength(message)).toBe(bytes);
      expect(JSON.parse(message)).toEqual({ name: 'ada', content: expect.stringMatching(/^[a-z ]+$/) });
    }
  });

  it('never writes the same message twice', () => {
    expect(new Set(take({ bytes: 140, run: 1, connection: 1 }, 40_000)).size).toBe(40_000);
    expect(DISTINCT_MESSAGES).toBe(2 ** 30);
  });

  it('differs between runs and between connections', () => {
    const sources = [0, 1, 31, 32, 1023].flatMap((value) => [
      take({ bytes: 140, run: value, connection: 5 }, 3),
      take({ bytes: 140, run: 7, connection: value }, 3),
    ]);
    expect(new Set(sources.flat()).size).toBe(30);
  });

  it('refuses a size that has no place for the counter', () => {
    expect(() => new MessageSource({ bytes: 50, run: 0, connection: 0 })).toThrow('50 were asked for');
  });
});
