import type { WsClient } from './ws-client.js';

/** What a client sends, and what has to come back of it, if anything does. */
export interface Line {
  readonly message: string;
  readonly answer?: string;
}

/**
 * Sends lines in bursts of at most so many, each with the next when its last answer has come: every burst ends with a line that has one.
 * What came back, in its order.
 */
export async function sayInBursts(client: WsClient, lines: readonly Line[], most: number): Promise<string[]> {
  const received: string[] = [];
  for (let start = 0; start < lines.length; ) {
    let end = Math.min(start + most, lines.length);
    while (end < lines.length && lines[end - 1]?.answer === undefined) end += 1;
    const burst = lines.slice(start, end);
    for (const { message } of burst) client.send(message);
    const answers = burst.filter(({ answer }) => answer !== undefined).length;
    received.push(...(await client.take(answers)).map(String));
    start = end;
  }
  return received;
}

/** What has to come back of these lines, in order. */
export function answersOf(lines: readonly Line[]): string[] {
  return lines.flatMap(({ answer }) => answer ?? []);
}
