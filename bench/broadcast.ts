import { join } from 'node:path';
import { compilePlugin } from '@framegate/sdk/compiler';
import { step } from '../scripts/steps.mjs';
import { Child } from './child.js';
import type { CrowdApi } from './crowd.js';
import type { PluginInput } from './gateway-server.js';
import { ROOT } from './paths.js';
import { compared } from './rows.js';
import type { BenchSection } from './section.js';
import type { Role } from './servers.js';
import type { Target } from './targets.js';

const RECEIVERS = 500;
const BURST = 50;
/** Everybody enters one room of the chat; the relay has no rooms and takes no notice. */
const QUERY = '?room=hall';

interface Contender {
  readonly name: string;
  readonly target: Target;
  readonly crowd: Child<CrowdApi>;
  readonly rates: number[];
}

/** One writes, five hundred hear it: our chat, with and without a response plugin, against a loop of `ws.send`. */
export const broadcast: BenchSection = {
  name: 'broadcast',
  about: `one client writes ${BURST} messages at once to ${RECEIVERS} others, again as soon as all have them. More is better. Peer: \`for (client of clients) client.send(data)\`.`,
  async measure({ targets, runs, quick }) {
    const pace = quick ? { warmupMs: 400, durationMs: 600 } : { warmupMs: 1_500, durationMs: 3_000 };
    const contenders: Contender[] = [];
    const add = async (name: string, role: Role): Promise<Contender> => {
      const target = await targets.start(name, role);
      const crowd = new Child<CrowdApi>(`crowd of ${name}`, './crowd.js');
      const contender = { name, target, crowd, rates: [] };
      contenders.push(contender);
      await targets.explain(target, crowd.call('gather', { url: target.url, query: QUERY, receivers: RECEIVERS, publishes: true }));
      return contender;
    };
    try {
      const [peer, plain, filtering] = await step(`broadcast: gathering three crowds of ${RECEIVERS + 1}`, async () => [
        await add('a loop of ws.send', { kind: 'relay' }),
        await add('chat, no plugin', { kind: 'gateway', plugins: [] }),
        await add('chat, a per-message response plugin', { kind: 'gateway', plugins: [await responsePlugin()] }),
      ]);
      for (let round = 0; round <= runs; round++) {
        await step(round === 0 ? 'broadcast: warm-up round' : `broadcast: round ${round} of ${runs}`, async () => {
          for (const { target, crowd, rates } of contenders) {
            const rate = await targets.explain(target, crowd.call('bursts', { messages: BURST, ...pace }));
            if (round > 0) rates.push(rate);
          }
        });
      }
      const row = ({ name, rates }: Contender) => compared(`broadcast 1 → ${RECEIVERS}: ${name}`, 'deliveries/s', rates, peer.rates);
      return [{ ...row(filtering), bar: { atLeast: 3 } }, row(plain)];
    } finally {
      await Promise.all(contenders.map(({ crowd }) => crowd.stop()));
    }
  },
};

/** A JavaScript guest that reads every message on its way out and changes none of these. */
async function responsePlugin(): Promise<PluginInput> {
  const outFile = join(ROOT, 'bench', 'dist', 'response-plugin.wasm');
  const source = `
    import { definePlugin, drop } from '@framegate/sdk';
    export const plugin = definePlugin({
      name: 'heron-guard', version: '1.0.0', response: 'per-message', capabilities: { state: [] },
      onResponse(frame) {
        if (frame.kind === 'text' && frame.text.toLowerCase().includes('heron')) return drop('no herons');
      },
    });`;
  await compilePlugin({ source, resolveDir: ROOT, outFile });
  return { use: outFile };
}
