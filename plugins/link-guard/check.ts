import { type State, StateFullError } from '@framegate/sdk';
import type { CheckConfig } from './config.js';

/** The web's fetch as a plugin has it (docs/http.md), as far as it is needed here. */
declare const fetch: (
  url: string,
  options: { readonly method: 'POST'; readonly headers: Readonly<Record<string, string>>; readonly body: string },
) => Promise<{ readonly ok: boolean; readonly status: number; json(): Promise<unknown> }>;

const KEY = 'host:';
const FAILED = 'failed';

/** What is needed of a hook's context. */
interface Memory {
  readonly state: { readonly room: Pick<State, 'get' | 'set' | 'ttl'> };
  readonly log: { readonly warn: (message: string) => void };
}

/** What is known of hosts. `asked`: of these nothing. */
export interface Recalled {
  readonly bad: readonly string[];
  readonly asked: readonly string[];
}

/** What earlier answers say. After a failure nothing is asked for a while, and every unknown host has the failure's ruling. */
export function recall(hosts: readonly string[], { onFailure }: CheckConfig, { state }: Memory): Recalled {
  const bad: string[] = [];
  const asked: string[] = [];
  let isFailed: boolean | undefined;
  for (const host of hosts) {
    const known = state.room.get(KEY + host);
    if (known === 'bad') bad.push(host);
    if (known !== undefined) continue;
    isFailed ??= state.room.ttl(FAILED) !== undefined;
    if (!isFailed) asked.push(host);
    else if (onFailure === 'refuse') bad.push(host);
  }
  return { bad, asked };
}

/** Asks the service, which of these hosts are bad, and remembers what it says. Never rejects: a failure has its ruling as well. */
export async function ask(hosts: readonly string[], config: CheckConfig, memory: Memory): Promise<readonly string[]> {
  let bad: readonly string[];
  try {
    bad = await request(hosts, config.url);
  } catch (error) {
    memory.log.warn(`${config.url} has not answered: ${error instanceof Error ? error.message : String(error)}`);
    remember(memory, config.retryMs, () => memory.state.room.set(FAILED, true, { ttl: config.retryMs }));
    return config.onFailure === 'refuse' ? hosts : [];
  }
  for (const host of hosts) {
    const answer = bad.includes(host) ? 'bad' : 'good';
    remember(memory, config.ttlMs, () => memory.state.room.set(KEY + host, answer, { ttl: config.ttlMs }));
  }
  return bad;
}

async function request(hosts: readonly string[], url: string): Promise<readonly string[]> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ hosts }),
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const answer = (await response.json()) as { readonly bad?: unknown } | null;
  const bad = answer?.bad;
  if (!Array.isArray(bad)) throw new Error('the answer is no JSON object with a list "bad"');
  return hosts.filter((host) => bad.includes(host));
}

/** An answer that there is no room for is asked for again. */
function remember({ log }: Memory, ms: number, write: () => void): void {
  if (ms === 0) return;
  try {
    write();
  } catch (error) {
    if (!(error instanceof StateFullError)) throw error;
    log.warn('state is full: what is known of hosts is not remembered; raise limits.stateBytes or lower check.ttlMs');
  }
}
