import { definePlugin, type Frame, type JsonObject, notice, reject, strictJson, type Verdict } from '@framegate/sdk';
import { type Check, compileSchema } from './schema.js';

/** RFC 6455 §7.4.1: the endpoint received a message that violates its policy. */
const POLICY_VIOLATION = 1008;

/** The host knows the meta-schema, and so refuses a schema that is none, with its place. */
const META_SCHEMA = 'https://json-schema.org/draft/2020-12/schema';

const config = {
  type: 'object',
  properties: {
    schema: { $ref: META_SCHEMA, description: 'JSON Schema (2020-12) of what clients send. Formats are asserted. Default: anything.' },
    responseSchema: { $ref: META_SCHEMA, description: 'JSON Schema (2020-12) of what the backend sends. Default: anything.' },
    notJson: {
      enum: ['reject', 'pass'],
      default: 'reject',
      description: 'What becomes of text frames that are not JSON, in a direction with a schema.',
    },
    binary: { enum: ['reject', 'pass'], default: 'reject', description: 'What becomes of binary frames, in a direction with a schema.' },
    notice: {
      type: 'string',
      default: '',
      description: 'What the moderator tells the sender of a refused frame; {error} is filled in. Empty: nothing.',
    },
  },
  additionalProperties: false,
} as const;

interface Options {
  readonly notJson: 'reject' | 'pass';
  readonly binary: 'reject' | 'pass';
}

interface Shared {
  readonly request: Check | undefined;
  readonly response: Check | undefined;
}

export const plugin = definePlugin({
  name: 'json-schema',
  version: '0.1.0',
  description: 'Refuses frames that a JSON Schema does not allow.',
  config,
  capabilities: { state: [] },
  response: 'per-message',
  setup: ({ schema, responseSchema }): Shared => {
    if (schema === undefined && responseSchema === undefined)
      throw new TypeError('config has no schema: give `schema` or `responseSchema`');
    const compile = (value: unknown, place: string) =>
      value === undefined ? undefined : compileSchema(value as JsonObject | boolean, place);
    return { request: compile(schema, 'config.schema'), response: compile(responseSchema, 'config.responseSchema') };
  },
  guard: ({ schema, responseSchema, binary }) => {
    const of = (check: unknown) => (check === undefined ? { never: true } : { binary: binary === 'pass' });
    return { request: of(schema), response: of(responseSchema) };
  },

  onRequest(frame, ctx) {
    const problem = problemOf(frame, ctx.config, ctx.shared.request);
    if (problem === undefined) return undefined;
    const verdict = refuse(problem);
    if (ctx.config.notice === '') return verdict;
    const told = ctx.config.notice.replaceAll('{error}', problem.slice(0, MAX_NOTE));
    return verdict.reply(notice(told, frame.kind === 'text' ? frame.text : undefined));
  },

  onResponse(frame, ctx) {
    const problem = problemOf(frame, ctx.config, ctx.shared.response);
    return problem === undefined ? undefined : refuse(problem);
  },
});

/** What is wrong with a frame; undefined: nothing. */
function problemOf(frame: Frame, options: Options, check: Check | undefined): string | undefined {
  if (check === undefined) return undefined;
  if (frame.kind === 'binary') return options.binary === 'pass' ? undefined : 'a binary frame';
  const json = strictJson(frame.text);
  if (json.kind === 'invalid') return json.reason === 'not JSON' && options.notJson === 'pass' ? undefined : json.reason;
  try {
    return check(json.value);
  } catch (error) {
    // A recursive schema on a deep document: the guest's stack is small.
    if (error instanceof RangeError) return 'nested too deep for this schema';
    throw error;
  }
}

const MAX_NOTE = 200;

function refuse(problem: string): Verdict {
  return reject(POLICY_VIOLATION, 'failed to validate message').note(problem.slice(0, MAX_NOTE));
}
