import type { Admission, Backend, BackendPeer } from '../../host/src/backend/backend.js';
import { parseConfig } from '../../host/src/config/config-file.js';
import type { HostConfigInput } from '../../host/src/config/config-schema.js';
import type { Engine, PluginSpec } from '../../host/src/engine/engine.js';
import type { Frame } from '../../host/src/frame.js';
import { Heartbeat } from '../../host/src/gateway/heartbeat.js';
import { Gateway } from '../../host/src/gateway/server.js';
import { LogRecorder } from './hosts.js';
import { WsClient } from './ws-client.js';

/** A stop that cuts everybody off. */
export const AT_ONCE = { delayMs: 0, spreadMs: 0, timeoutMs: 0, retryAfterMs: 0, retryJitterMs: 0 };

/** Somebody at a {@link Party}, from both ends. */
export interface Guest {
  readonly client: WsClient;
  readonly peer: BackendPeer;
}

/** A backend that does nothing by itself behind a real gateway: a test sends to its peers as it likes and sees what comes back. */
export class Party implements Backend {
  readonly log = new LogRecorder();
  readonly peers: BackendPeer[] = [];
  /** What reached the backend, as `connection id: text`. */
  readonly heard: string[] = [];
  /** Connections that have left, in order. */
  readonly left: string[] = [];
  /** Called when somebody has left. */
  onLeave: ((id: string) => void) | undefined;
  readonly #engine: Engine | undefined;
  readonly #clients: WsClient[] = [];
  #gateway: Gateway | undefined;
  #port = 0;
  #started: ((peer: BackendPeer) => void) | undefined;

  private constructor(engine: Engine | undefined) {
    this.#engine = engine;
  }

  /** `engine`: who runs `plugins`; it is closed with the party. Everybody is in the room "hall" unless a test moves them. */
  static async start(engine?: Engine, plugins: readonly PluginSpec[] = [], config: HostConfigInput = {}): Promise<Party> {
    const party = new Party(engine);
    const options = parseConfig({ ...config, server: { host: '127.0.0.1', port: 0, ...config.server } });
    const chain = plugins.length > 0 ? await engine?.open(plugins) : undefined;
    party.#gateway = new Gateway({
      server: options.server,
      connection: options.connection,
      maxInFlightBytes: options.engine.maxInFlightBytes,
      routes: [{ name: 'party', host: undefined, path: '/', chain, backend: party }],
      page: () => undefined,
      heartbeat: new Heartbeat(0),
      logger: party.log,
    });
    party.#port = (await party.#gateway.listen()).port;
    return party;
  }

  async admit(): Promise<Admission> {
    return {
      abandon: () => {},
      start: (peer) => {
        peer.update({ room: 'hall' });
        this.peers.push(peer);
        this.#started?.(peer);
        return {
          congested: false,
          receive: (frame: Frame) => this.heard.push(`${peer.context.id}: ${new TextDecoder().decode(frame.payload)}`),
          disconnected: () => {
            this.peers.splice(this.peers.indexOf(peer), 1);
            this.left.push(peer.context.id);
            this.onLeave?.(peer.context.id);
          },
        };
      },
    };
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.socket.terminate();
    this.#gateway?.cutOff();
    await this.#gateway?.drain(AT_ONCE);
    await this.#engine?.close();
  }

  /** Connects so many, one after the other. */
  async invite(count: number, options: Parameters<typeof WsClient.open>[1] = {}): Promise<Guest[]> {
    const guests: Guest[] = [];
    while (guests.length < count) {
      const started = new Promise<BackendPeer>((resolve) => {
        this.#started = resolve;
      });
      const client = await WsClient.open(`ws://127.0.0.1:${this.#port}/`, options);
      this.#clients.push(client);
      guests.push({ client, peer: await started });
    }
    return guests;
  }
}
