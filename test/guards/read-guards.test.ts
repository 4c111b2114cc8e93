import { describe, expect, it } from 'vitest';
import { FrameGuard } from '../../host/src/engine/guard/frame-guard.js';
import { readGuards } from '../../host/src/engine/guard/read-guards.js';
import { text } from '../support/recording-client.js';
import { guestSpec, manifestOf } from '../support/wat-guest.js';

const spec = guestSpec('guarded', { manifest: manifestOf(['on_request_message']) });
const read = (members: string) => readGuards(`{"on_request_message":{${members}}}`, spec);
const words = '"field":"content","raw":true';
const seen = (slots: string) => `"text":{${words},"firstSight":{"scope":"plugin","key":"k","slots":${slots},"ttlMs":1,"minLength":0}}`;
const deep = `${'['.repeat(400_000)}${']'.repeat(400_000)}`;

describe('a description of guards that is meant to harm', () => {
  it.each([
    ['"maxBytes":-1', 'maxBytes is -1'],
    ['"maxBytes":"9"', 'maxBytes is "9"'],
    ['"maxBytes":null', 'maxBytes is null'],
    ['"smallBytes":[]', 'smallBytes is []'],
    ['"never":1', 'never is 1'],
    ['"binary":{}', 'binary is {}'],
    [`"never":${deep}`, 'never is a value of many levels'],
    [`"text":${deep}`, 'text: it is not an object'],
    [`"text":{${words},"words":[${deep}]}`, 'words is a value of many levels'],
    [seen('0'), 'slots is 0'],
    [seen('-1'), 'slots is -1'],
    [seen('1.5'), 'slots is 1.5'],
    [seen('2147483648'), 'slots is 2147483648'],
    [seen('1e999'), 'slots is null'],
  ])('refuses a member that is wrong, in a short message (%#)', (members, wanted) => {
    const problem = read(members);
    expect(problem).toContain(wanted);
    expect(String(problem).length).toBeLessThan(300);
  });

  it('changes nothing by members of all objects', () => {
    expect(read('"__proto__":{"never":true}')).toEqual({});
    expect(read('"constructor":{"never":true}')).toEqual({});
    expect(readGuards('{"__proto__":{"never":true}}', spec)).toContain('"__proto__" is none of');
    expect(({} as { never?: unknown }).never).toBeUndefined();
  });

  it('may name sizes beyond all bounds: what the host looks at stays bounded', () => {
    const guards = read('"maxBytes":1e999,"text":{"field":"content","raw":true,"maxBytes":1e308}');
    if (typeof guards === 'string' || guards.on_request_message === undefined) return expect.fail(JSON.stringify(guards));
    const guard = new FrameGuard(guards.on_request_message, 'guarded', 1_000);
    expect(guard.rulesOutFrame(text('hello'))).toBe(true);
    expect(guard.rulesOutFrame(text('x'.repeat(65_537)))).toBe(false);
  });
});
