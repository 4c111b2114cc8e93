import type { HostConfigInput, HostOptions } from '../../host/src/index.js';
import { type RunningHost, startHost } from './hosts.js';

export const KEYS = {
  viewer: 'viewer-key-0123456789',
  operator: 'operator-key-0123456789',
  admin: 'admin-key-0123456789',
} as const;
type KeyName = keyof typeof KEYS;

/** An answer's JSON, as far as tests go into it by name; what it really is, they compare. */
interface AdminBody {
  readonly error: { readonly code: string; readonly message: string; readonly field?: string };
  readonly total: number;
  readonly items: readonly AdminItem[];
  readonly ban: AdminItem;
  readonly removed: AdminItem;
  readonly trial: { readonly sha256: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

/** One of a list. */
interface AdminItem {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly action: string;
  readonly [key: string]: unknown;
}

interface AdminAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AdminBody;
}

/** The admin section of these hosts. */
export const ADMIN = {
  port: 0,
  apiKeys: (['viewer', 'operator', 'admin'] as const).map((role) => ({ name: `the ${role}`, role, key: KEYS[role] })),
};

export interface AdminHostUnderTest extends RunningHost {
  /** `http://127.0.0.1:port` of the admin listener. */
  readonly admin: string;
  /** A request below /api/v1, as JSON both ways. `as`: whose key; absent: none. */
  ask(as: KeyName | undefined, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<AdminAnswer>;
}

/** A host with an admin listener on a free port, and one key for each role. */
export async function startAdmin(config: HostConfigInput = {}, options: HostOptions = {}): Promise<AdminHostUnderTest> {
  const running = await startHost({ routes: [{}], ...config, admin: { ...ADMIN, ...config.admin } }, options);
  const admin = `http://127.0.0.1:${running.host.adminAddress?.port}`;
  return {
    ...running,
    admin,
    ask: async (as, method, path, body, headers = {}) => {
      const response = await fetch(`${admin}/api/v1${path}`, {
        method,
        headers: {
          ...(as === undefined ? {} : { authorization: `Bearer ${KEYS[as]}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: (text === '' ? {} : JSON.parse(text)) as AdminBody };
    },
  };
}

/** The value of a sample in Prometheus' text, such as `name{a="b"}`. */
export function sample(text: string, series: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}
