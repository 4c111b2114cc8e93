import { type Context, definePlugin, type Frame, type JsonValue, notice, reject, strictJson, type Verdict } from '@framegate/sdk';
import { compileRule, keeps, type Rule, type RuleConfig } from './rule.js';

/** RFC 6455 §7.4.1: the endpoint received a message that violates its policy. */
const POLICY_VIOLATION = 1008;

const CONDITION = {
  path: { type: 'string', minLength: 1, description: 'A JSON path (RFC 9535), such as `$.message`.' },
  value: {
    description:
      'An operator, such as `NotContainedIn(foo,bar)`, in a string; any other value stands for itself. What begins like an operator and is none is refused.',
  },
} as const;

const config = {
  type: 'object',
  properties: {
    rules: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: {
          ...CONDITION,
          when: {
            type: 'object',
            properties: CONDITION,
            required: ['path', 'value'],
            additionalProperties: false,
            description: 'The rule is for frames for which this holds. Default: all.',
          },
          absent: {
            enum: ['invalid', 'valid'],
            default: 'invalid',
            description: 'What a frame is in which the path names nothing, unless the operator is NotDefined().',
          },
          directions: {
            type: 'array',
            items: { enum: ['request', 'response'] },
            minItems: 1,
            uniqueItems: true,
            default: ['request'],
            description: 'request: what clients send. response: what the backend sends.',
          },
          error: { type: 'string', default: '', description: 'What the moderator tells the sender of such a frame. Empty: nothing.' },
        },
        required: ['path', 'value'],
        additionalProperties: false,
      },
      description: 'All of them have to hold.',
    },
    document: {
      enum: ['payload', 'envelope'],
      default: 'payload',
      description:
        'What paths look into. payload: the JSON object or array in the frame; any other text is read as { "message": text }. envelope: { "message": the text of every frame, "connection": its context (requests only) }.',
    },
    binary: {
      enum: ['reject', 'pass'],
      default: 'reject',
      description: 'What becomes of binary frames in a direction for which there is a rule; nobody looks into them.',
    },
  },
  required: ['rules'],
  additionalProperties: false,
} as const;

interface Config {
  readonly document: 'payload' | 'envelope';
  readonly binary: 'reject' | 'pass';
}

type Shared = Readonly<Record<'request' | 'response', readonly Rule[]>>;

export const plugin = definePlugin({
  name: 'json-path',
  version: '0.1.0',
  description: 'Refuses frames in which a JSON path does not hold what it should.',
  config,
  capabilities: { state: [] },
  response: 'per-message',
  setup: ({ rules }): Shared => {
    const compiled = (rules as readonly RuleConfig[]).map((rule, index) => compileRule(rule, `config.rules[${index}]`));
    const of = (direction: 'request' | 'response') => compiled.filter((rule) => rule.config.directions.includes(direction));
    return { request: of('request'), response: of('response') };
  },
  guard: ({ rules, binary }) => {
    const of = (direction: 'request' | 'response') =>
      (rules as readonly RuleConfig[]).some((rule) => rule.directions.includes(direction))
        ? { binary: binary === 'pass' }
        : { never: true };
    return { request: of('request'), response: of('response') };
  },
  onRequest: (frame, ctx) => validate('request', frame, ctx),
  onResponse: (frame, ctx) => validate('response', frame, ctx),
});

function validate(direction: 'request' | 'response', frame: Frame, ctx: Context<Config, Shared>): Verdict | undefined {
  const rules = ctx.shared[direction];
  if (rules.length === 0) return undefined;
  const { config } = ctx;
  if (frame.kind === 'binary') return config.binary === 'pass' ? undefined : refuse('a binary frame');
  const document = config.document === 'payload' ? payloadOf(frame.text) : envelopeOf(direction, frame, ctx);
  if (document.kind === 'invalid') return refuse(document.reason);
  const broken = rules.find((rule) => !keeps(rule, document.value));
  if (broken === undefined) return undefined;
  const { path, value, error } = broken.config;
  const verdict = refuse(`${path} is not ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return error === '' || direction === 'response' ? verdict : verdict.reply(notice(error, frame.text));
}

type Document = { readonly kind: 'value'; readonly value: JsonValue } | { readonly kind: 'invalid'; readonly reason: string };

const CONTAINER = /^[ \t\r\n]*[{[]/;

/** Text that is no JSON object or array is somebody's message. One that can be read in two ways is refused. */
function payloadOf(text: string): Document {
  if (!CONTAINER.test(text)) return { kind: 'value', value: { message: text } };
  const json = strictJson(text);
  return json.kind === 'invalid' && json.reason === 'not JSON' ? { kind: 'value', value: { message: text } } : json;
}

function envelopeOf(direction: 'request' | 'response', frame: Frame, ctx: Context<Config, Shared>): Document {
  const message = frame.text;
  if (direction === 'response') return { kind: 'value', value: { message } };
  return { kind: 'value', value: { message, connection: ctx.connection as unknown as JsonValue } };
}

const MAX_NOTE = 200;

function refuse(why: string): Verdict {
  return reject(POLICY_VIOLATION, 'failed to validate message').note(why.slice(0, MAX_NOTE));
}
