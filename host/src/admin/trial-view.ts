import { z } from '@hono/zod-openapi';
import type { TrialStatus } from '../rollout/trial-status.js';

const time = z.number().openapi({ description: 'Milliseconds since the epoch.' });
const count = z.number();

const shadowSchema = z.object({
  compared: count,
  same: count,
  different: count,
  by: z
    .object({ kind: count, reason: count, payload: count, close: count })
    .openapi({ description: 'In what they differ; one frame may differ in several ways.' }),
  faults: count.openapi({ description: 'Frames on which the candidate failed.' }),
  skipped: count.openapi({ description: 'Frames that found no room in the queue.' }),
  withheld: count.openapi({
    description: 'HTTP requests of the candidate that were not sent: the running version had not made them for the same frame.',
  }),
  candidateMs: z.number().optional().openapi({ description: 'Milliseconds a call.' }),
  runningMs: z.number().optional(),
});

const excerptSchema = z
  .object({ kind: z.enum(['text', 'binary']), text: z.string(), bytes: count, truncated: z.boolean() })
  .openapi({ description: 'The beginning of a payload: text, or hexadecimal digits; masked as plugins.shadow says.' });

const runSchema = z.object({
  kind: z.string(),
  reason: z.string().optional(),
  fault: z.string().optional(),
  forward: z.array(excerptSchema),
  forwarded: count,
  reply: z.array(excerptSchema),
  replied: count,
  close: z.object({ code: z.number(), reason: z.string() }).optional(),
});

export const trialSchema = z
  .object({
    stage: z.enum(['shadow', 'canary']),
    sha256: z.string(),
    version: z.string().optional(),
    origin: z.string(),
    percent: z.number().openapi({ description: 'Of the connections.' }),
    since: time,
    ended: z.object({ at: time, reason: z.string(), failed: z.boolean() }).optional(),
    shadow: shadowSchema.optional(),
    canary: z
      .object({ frames: count, faults: count })
      .optional()
      .openapi({ description: 'Frames that its connections have submitted, and those on which it failed.' }),
  })
  .openapi('Trial');

export const trialDetailSchema = z
  .object({
    trial: trialSchema.optional(),
    differences: z.array(
      z.object({
        number: z.number(),
        at: time,
        hook: z.string(),
        connection: z.string(),
        differs: z.array(z.enum(['kind', 'reason', 'payload', 'close'])),
        frame: excerptSchema,
        running: runSchema,
        candidate: runSchema,
      }),
    ),
  })
  .openapi('TrialDetail');

/** A trial without what anybody said. */
export function trialView({ shadow, ...trial }: TrialStatus): z.output<typeof trialSchema> {
  if (shadow === undefined) return trial;
  const { differences: _, ...report } = shadow;
  return { ...trial, shadow: report };
}

/** With the frames on which the versions differ, newest first. */
export function trialDetail(trial: TrialStatus | undefined): z.output<typeof trialDetailSchema> {
  if (trial === undefined) return { differences: [] };
  const run = ({ forward, reply, ...rest }: NonNullable<TrialStatus['shadow']>['differences'][number]['running']) => ({
    ...rest,
    forward: [...forward],
    reply: [...reply],
  });
  const differences = (trial.shadow?.differences ?? []).map(({ running, candidate, differs, ...rest }) => ({
    ...rest,
    differs: [...differs],
    running: run(running),
    candidate: run(candidate),
  }));
  return { trial: trialView(trial), differences };
}
