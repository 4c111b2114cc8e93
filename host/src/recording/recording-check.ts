import { HOOKS } from '@framegate/sdk/abi';
import * as z from 'zod';

const anyObject = z.record(z.string(), z.unknown());
const bytes = z.union([z.looseObject({ text: z.string() }), z.looseObject({ base64: z.base64() })], {
  error: 'it needs "text", or "base64" that is valid',
});
const kind = z.enum(['text', 'binary']);
const amount = z.number().min(0);

/** What a replay relies on of each line; whatever else stands there is left alone. */
const LINES = {
  header: z.looseObject({
    plugin: z.looseObject({ name: z.string().min(1), sha256: z.string(), file: z.string().min(1) }),
    config: anyObject,
    limits: z.looseObject({ deadlineMs: z.number().min(1), memoryBytes: amount, outputBytes: amount, stateBytes: amount }),
    seed: z.string(),
    startedAt: z.number(),
    masked: z.array(z.string()),
  }),
  connection: z.looseObject({ context: z.looseObject({ handle: z.int(), id: z.string() }) }),
  call: z.looseObject({ hook: z.enum(HOOKS), now: z.number(), frame: z.looseObject({ kind }).and(bytes) }),
  answer: z.looseObject({
    writes: z.array(anyObject),
    state: z.array(z.looseObject({ key: z.tuple([z.string(), z.string(), z.string()]), value: bytes.nullable() })).optional(),
  }),
} as const;

/** What is wrong with a line of a recording, the field named; undefined: nothing. */
export function lineProblem(what: keyof typeof LINES, line: unknown): string | undefined {
  const issue = LINES[what].safeParse(line).error?.issues[0];
  if (issue === undefined) return undefined;
  return `the ${what}'s ${issue.path.map((part) => `"${String(part)}"`).join(' → ')} is wrong: ${issue.message}`;
}
