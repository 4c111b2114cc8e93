import {
  type Context,
  definePlugin,
  drop,
  type Frame,
  type HookGuard,
  type JsonValue,
  reject,
  replace,
  type Verdict,
} from '@framegate/sdk';
import { compile, NOW } from './compiler.js';
import { JqError, JqSyntaxError, Stop } from './error.js';
import type { Filter } from './filter.js';
import { parse } from './parser.js';
import { scopeOf } from './scope.js';
import { toJson } from './value.js';

/** RFC 6455 §7.4.1: the endpoint received a message that violates its policy. */
const POLICY_VIOLATION = 1008;

const FAILURES = ['reject', 'drop', 'pass'] as const;

const config = {
  type: 'object',
  properties: {
    request: {
      type: 'string',
      maxLength: 65_536,
      default: '.',
      description: 'The jq filter for what clients send. `$connection` is its context.',
    },
    response: { type: 'string', maxLength: 65_536, default: '.', description: 'The jq filter for what the backend sends.' },
    raw: { type: 'boolean', default: false, description: 'Whether texts that a filter gives are sent as they are, not as JSON.' },
    onError: {
      enum: FAILURES,
      default: 'reject',
      description:
        "A frame on which a filter fails. reject: the route's `rejectStrategy` decides. drop: it goes no further. pass: it goes on unchanged.",
    },
    notJson: {
      enum: [...FAILURES, 'text'],
      default: 'pass',
      description: 'A text frame that is not JSON: as `onError`, or text: the filter gets it as a text.',
    },
    maxFrames: { type: 'integer', minimum: 1, maximum: 1000, default: 100, description: 'Frames that one may become. More are an error.' },
  },
  additionalProperties: false,
} as const;

interface Config {
  readonly raw: boolean;
  readonly onError: (typeof FAILURES)[number];
  readonly notJson: (typeof FAILURES)[number] | 'text';
  readonly maxFrames: number;
}

/** Undefined: every frame passes as it is. */
interface Shared {
  readonly request: Filter | undefined;
  readonly response: Filter | undefined;
}

export const plugin = definePlugin({
  name: 'jq',
  version: '0.1.0',
  description: 'Transforms JSON frames with a jq filter in each direction.',
  config,
  capabilities: { state: [] },
  response: 'per-message',
  setup: ({ request, response }): Shared => ({
    request: read(request, 'config.request', [NOW, 'connection']),
    response: read(response, 'config.response', [NOW]),
  }),
  guard: ({ request, response }) => ({ request: guardOf(request), response: guardOf(response) }),
  onRequest: (frame, ctx) => transform(frame, ctx, ctx.shared.request, () => [ctx.now() / 1000, ctx.connection as unknown as JsonValue]),
  onResponse: (frame, ctx) => transform(frame, ctx, ctx.shared.response, () => [ctx.now() / 1000]),
});

const isIdentity = (source: string): boolean => source.trim() === '.';

function guardOf(source: string): HookGuard {
  return { never: isIdentity(source), binary: true };
}

/** Throws TypeError that says where in the filter the mistake is. */
function read(source: string, place: string, variables: readonly string[]): Filter | undefined {
  if (isIdentity(source)) return undefined;
  try {
    return compile(parse(source), variables);
  } catch (error) {
    if (!(error instanceof JqSyntaxError)) throw error;
    const before = source.slice(0, error.at).split('\n');
    throw new TypeError(`${place}: ${error.message} (line ${before.length}, column ${(before.at(-1) ?? '').length + 1})`);
  }
}

function transform(
  frame: Frame,
  ctx: Context<Config, Shared>,
  filter: Filter | undefined,
  variables: () => JsonValue[],
): Verdict | undefined {
  if (filter === undefined || frame.kind === 'binary') return undefined;
  const { config } = ctx;
  const parsed = frame.json();
  if (parsed === undefined && config.notJson !== 'text') return fail(config.notJson, 'not JSON');
  const { raw, maxFrames, onError } = config;
  const frames: string[] = [];
  try {
    filter(scopeOf(variables()), parsed ?? (parsed === null ? null : frame.text), undefined, (value) => {
      if (frames.length >= maxFrames) throw new Overflow();
      frames.push(raw && typeof value === 'string' ? value : toJson(value));
    });
  } catch (error) {
    return fail(onError, reasonOf(error, maxFrames));
  }
  const [first, ...rest] = frames;
  return first === undefined ? drop('the filter gives nothing') : replace(first, ...rest);
}

class Overflow {}

/** `break` out of a label that is no longer there, and the engine's own errors (a stack that is too deep), are errors as well. */
function reasonOf(error: unknown, maxFrames: number): string {
  if (error instanceof Overflow) return `the filter gives more than ${maxFrames} frames`;
  if (error instanceof Stop) return 'break';
  return error instanceof JqError ? error.message : String(error);
}

const MAX_NOTE = 200;

function fail(policy: (typeof FAILURES)[number], why: string): Verdict | undefined {
  const note = why.slice(0, MAX_NOTE);
  if (policy === 'drop') return drop(note);
  return policy === 'pass' ? undefined : reject(POLICY_VIOLATION, 'failed to transform message').note(note);
}
