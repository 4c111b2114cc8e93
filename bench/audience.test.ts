import { describe, expect, it } from 'vitest';
import { Audience } from './audience.js';

const message = (content: string, id = 1): Buffer => Buffer.from(JSON.stringify({ type: 'message', id, content }));

describe('Audience', () => {
  it('is content when every seat has heard every message in order, whatever else the chat says', async () => {
    const audience = new Audience(2);
    const heard = audience.expect(['one', 'two']);
    audience.hears(0, Buffer.from('{"type":"join","id":"c-2","name":"Ada"}'));
    audience.hears(0, message('one'));
    audience.hears(0, message('two'));
    audience.hears(1, message('one'));
    expect(audience.missing).toBe(1);
    audience.hears(1, message('two'));
    await heard;
  });

  it.each([
    ['in another order', ['two', 'one']],
    ['twice', ['one', 'one']],
    ['with other content', ['one', 'too']],
  ])('fails when a seat hears the messages %s', async (_, contents) => {
    const audience = new Audience(2);
    const heard = audience.expect(['one', 'two']);
    for (const content of contents) audience.hears(0, message(content));
    await expect(heard).rejects.toThrow('seat 0 heard what was not its next message');
  });

  it('fails when two seats hear the same message differently', async () => {
    const audience = new Audience(2);
    const heard = audience.expect(['one']);
    audience.hears(0, message('one', 1));
    audience.hears(1, message('one', 2));
    await expect(heard).rejects.toThrow('seat 1');
  });

  it('fails everything that is expected after a failure', async () => {
    const audience = new Audience(1);
    audience.fail('receiver 0: the server hung up');
    await expect(audience.expect(['one'])).rejects.toThrow('hung up');
  });
});
