import type { Hook } from '@framegate/sdk/abi';
import type { Frame } from '../../host/src/frame.js';
import type { ConnectionContext } from '../../host/src/pipeline/connection-context.js';
import type { Plugin } from '../../host/src/pipeline/plugin.js';
import { StateMemoryStore } from '../../host/src/state/state-memory.js';
import { StateTransaction } from '../../host/src/state/state-transaction.js';
import type { Answer, Fault, Verdict } from '../../host/src/verdict.js';

export const NOW = 1_700_000_000_000;

export function text(payload: string): Frame {
  return { kind: 'text', payload: new TextEncoder().encode(payload) };
}

export function binary(...bytes: number[]): Frame {
  return { kind: 'binary', payload: Uint8Array.from(bytes) };
}

/** What a frame says: a text frame's string, a binary frame's numbers. */
export function spell(frame: Frame): string | number[] {
  return frame.kind === 'text' ? new TextDecoder().decode(frame.payload) : [...frame.payload];
}

export function connectionContext(rest: Partial<ConnectionContext> = {}): ConnectionContext {
  return {
    handle: 7,
    version: 1,
    id: 'c-7',
    route: 'chat',
    host: 'localhost:4444',
    path: '/chat?room=a',
    headers: { origin: 'http://localhost' },
    remoteAddress: '127.0.0.1',
    subprotocol: '',
    connectedAt: NOW - 1000,
    ...rest,
  };
}

/** Calls one plugin as a pipeline would: writes are applied after a verdict and forgotten after a fault. */
export class PluginCaller {
  readonly store = new StateMemoryStore();
  readonly plugin: Plugin;
  connection = connectionContext();
  now = NOW;

  constructor(plugin: Plugin) {
    this.plugin = plugin;
  }

  call(frame: Frame, hook: Hook = 'on_request_message'): Promise<Verdict | Fault> | Verdict | Fault {
    const state = new StateTransaction(this.store, this.now);
    const finish = (answer: Answer) => {
      if (answer.kind === 'wait') throw new Error('the plugin waits for the network, and there is none here');
      if (answer.kind === 'verdict') this.store.apply(state.writes(), this.now);
      return answer;
    };
    const answer = this.plugin.run({ hook, frame, connection: this.connection, now: this.now, state });
    return answer instanceof Promise ? answer.then(finish) : finish(answer);
  }
}
