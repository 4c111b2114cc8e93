import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { UserError } from './output.js';

/** Where the admin API is unless the configuration says otherwise. */
const DEFAULT_URL = 'http://localhost:4445';
const DEFAULT_KEY_FILE = 'framegate-admin.key';
const KEY_VARIABLE = 'FRAMEGATE_ADMIN_KEY';
const URL_VARIABLE = 'FRAMEGATE_ADMIN';
/** A swap may wait for a thread that starts and for plugins that warm up. */
const TIMEOUT_MS = 120_000;

export interface AdminOptions {
  readonly admin?: string;
  readonly keyFile?: string;
}

/** The options by which a command finds a host's admin API. */
export function withAdminOptions(command: Command): Command {
  return command
    .option('--admin <url>', `the host's admin API (default: ${URL_VARIABLE}, else ${DEFAULT_URL})`)
    .option('--key-file <file>', `the file with the key (default: ${KEY_VARIABLE} has the key itself, else ${DEFAULT_KEY_FILE})`);
}

/** Talks to the admin API of a host that runs. Every failure is a UserError that says what to do. */
export class AdminClient {
  readonly #url: URL;
  readonly #key: string;

  private constructor(url: URL, key: string) {
    this.#url = url;
    this.#key = key;
  }

  static async open({ admin, keyFile }: AdminOptions): Promise<AdminClient> {
    const text = admin ?? (process.env[URL_VARIABLE] || DEFAULT_URL);
    if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
      throw new UserError(`--admin ${text}: expected an address such as ${DEFAULT_URL}`);
    }
    return new AdminClient(new URL(text), await readKey(keyFile));
  }

  /** The answer's JSON. `path` is below /api/v1. */
  async ask<Answer>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<Answer> {
    const url = new URL(`/api/v1${path}`, this.#url);
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error: unknown) => {
      throw new UserError(
        `no admin API answers at ${this.#url.origin} (${reason(error)}): start the host with "admin": {} in its configuration, or name its address with --admin`,
        { cause: error },
      );
    });
    const answer = parse(await response.text());
    if (response.ok && answer !== undefined) return answer as Answer;
    throw new UserError(this.#explain(response.status, answer));
  }

  #explain(status: number, answer: unknown): string {
    const { code, message } = (answer as { error?: { code?: string; message?: string } } | undefined)?.error ?? {};
    if (message === undefined)
      return `${this.#url.origin} answers ${status}, and not as a framegate admin API does: is that the admin port, and not the clients'?`;
    if (status === 401)
      return `${message} The host writes its key to ${DEFAULT_KEY_FILE} beside its configuration: name that with --key-file, or set ${KEY_VARIABLE}`;
    return code === undefined || !/^[A-Z]/.test(code) ? message : `${code} ${message}`;
  }
}

/** Some of the texts come from guests: nothing in them may reach a terminal as a command. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text, (_, value: unknown) => (typeof value === 'string' ? value.replaceAll(/[^\P{Cc}\n\t]/gu, '\uFFFD') : value));
  } catch {
    return undefined;
  }
}

async function readKey(named: string | undefined): Promise<string> {
  const fromEnvironment = process.env[KEY_VARIABLE];
  if (named === undefined && fromEnvironment) return fromEnvironment;
  const file = named ?? DEFAULT_KEY_FILE;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message;
    throw new UserError(
      `cannot read the admin key in ${file}: ${why}. The host writes it beside its configuration when \`admin\` is on: name it with --key-file, or set ${KEY_VARIABLE}`,
      { cause: error },
    );
  }
  const key = text.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new UserError(`${file} has no admin key in it: expected one line without blanks`);
}

function reason(error: unknown): string {
  const { cause, message, name } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return 'no answer in time';
  return cause?.code ?? cause?.message ?? message;
}
