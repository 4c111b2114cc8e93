import { GUARD_LIMITS, type HookGuard, type PluginGuards, type TextGuard } from '../abi/guard.js';

const FRAMES = { on_request_message: 'from clients', on_response_message: 'to clients' } as const;

/** A line for each kind of frame that a host need not call the plugin for. */
export function guardText(guards: PluginGuards): string {
  const lines = (Object.keys(FRAMES) as (keyof typeof FRAMES)[]).flatMap((hook) =>
    ruledOut(guards[hook]).map((frames) => `${FRAMES[hook]}: ${frames}`),
  );
  return lines.join('\n') || 'never, under this configuration';
}

function ruledOut(guard: HookGuard | undefined): string[] {
  if (guard === undefined) return [];
  if (guard.never) return ['all frames'];
  const kinds = [
    ...(guard.smallBytes === undefined ? [] : [`frames of at most ${bytes(guard.smallBytes)}`]),
    ...(guard.binary ? ['binary frames'] : []),
    ...(guard.text === undefined ? [] : [textFrames(guard.text)]),
  ];
  // the host looks at no more, whatever the guard says
  const most = Math.min(guard.maxBytes ?? GUARD_LIMITS.payloadBytes, GUARD_LIMITS.payloadBytes);
  return kinds.length === 0 ? [] : [...kinds, `none above ${bytes(most)}`];
}

function textFrames({ field, raw, maxBytes, without, words, firstSight }: TextGuard): string {
  const conditions = [
    ...(maxBytes === undefined ? [] : [`has at most ${bytes(maxBytes)}`]),
    ...(without === undefined ? [] : [`is plain ASCII without any of ${JSON.stringify(without)}`]),
    ...(words === undefined ? [] : [`has none of ${words.length.toLocaleString('en')} words in it, however they are spelled`]),
    ...(firstSight === undefined
      ? []
      : [
          `has fewer than ${firstSight.minLength.toLocaleString('en')} characters or has not been seen for ${firstSight.ttlMs.toLocaleString('en')} ms`,
        ]),
  ];
  const place = `${JSON.stringify(field)} of a JSON object${raw ? ', or the whole frame if it is no JSON' : ''}`;
  const those = conditions.length === 0 ? '' : `, and those whose text ${conditions.join(', and ')}`;
  return `text frames without a text${those}; the text is ${place}`;
}

function bytes(count: number): string {
  return count === 1 ? '1 byte' : `${count.toLocaleString('en')} bytes`;
}
