import type { Chain } from '../../host/src/engine/engine.js';
import type { Frame } from '../../host/src/frame.js';
import type { ConnectionContext } from '../../host/src/pipeline/connection-context.js';
import { RecordingClient } from './recording-client.js';

/** Sends every client its frames, keeping so many of each in flight; `who` says what is known of it. Resolves when all have settled. */
export async function sendAll(
  chain: Chain,
  scripts: readonly (readonly Frame[])[],
  inFlight: number,
  who: (index: number) => Partial<ConnectionContext> = () => ({}),
): Promise<RecordingClient[]> {
  const clients = scripts.map((script, index) => {
    const client = new RecordingClient(chain, who(index));
    const record = client.settled.bind(client);
    let next = 0;
    const more = () => {
      const frame = script[next++];
      if (frame) client.submit(frame);
    };
    client.settled = (hook, frame, outcome) => {
      more();
      record(hook, frame, outcome);
    };
    for (let i = 0; i < inFlight; i++) more();
    return client;
  });
  await Promise.all(clients.map((client) => client.idle()));
  return clients;
}
