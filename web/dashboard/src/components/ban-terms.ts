const MINUTE_MS = 60_000;

/** What every ban and every mute is asked for: for how long, and why. */
export const BAN_TERMS = {
  choice: {
    label: 'For how long',
    options: [
      [String(10 * MINUTE_MS), '10 minutes'],
      [String(60 * MINUTE_MS), '1 hour'],
      [String(24 * 60 * MINUTE_MS), '1 day'],
      [String(7 * 24 * 60 * MINUTE_MS), '1 week'],
      ['', 'For good'],
    ],
  },
  input: { label: 'Reason, shown to them', value: '', maxLength: 200 },
} as const;

/** The part of a ban that its terms make. */
export function banTerms({ choice, input }: { readonly choice: string; readonly input: string }): { reason: string; expiresInMs?: number } {
  return { reason: input, ...(choice === '' ? {} : { expiresInMs: Number(choice) }) };
}
