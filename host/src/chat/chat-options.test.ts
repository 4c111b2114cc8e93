import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createChat } from './chat.js';
import { chatOptionsSchema } from './chat-options.js';

describe('chatOptionsSchema', () => {
  it('makes a working configuration of nothing', () => {
    expect(chatOptionsSchema.parse({})).toMatchObject({
      defaultRoom: 'lobby',
      createRooms: true,
      historySize: 50,
      maxContentLength: 4_000,
    });
  });

  it('names the key of a room that could not be joined', () => {
    const { error } = chatOptionsSchema.safeParse({ defaultRoom: '\u202ehall', rooms: ['tea', 'x'.repeat(33)] });
    expect(error?.issues).toMatchObject([
      { path: ['defaultRoom'], message: expect.stringContaining('text-direction mark') },
      { path: ['rooms', 1], message: expect.stringContaining('longer than 32 characters') },
    ]);
  });

  it('refuses a key it does not know', () => {
    expect(chatOptionsSchema.safeParse({ defaultroom: 'hall' }).success).toBe(false);
  });

  it('describes every option to an editor', () => {
    const { properties = {} } = z.toJSONSchema(chatOptionsSchema, { io: 'input' });
    for (const [key, property] of Object.entries(properties)) expect(property, key).toHaveProperty('description');
  });
});

describe('createChat', () => {
  it("takes a route's backend section, and refuses options outside their bounds", () => {
    const section = { kind: 'chat', defaultRoom: 'hall' };
    expect(() => createChat(section)).not.toThrow();
    expect(() => createChat({ ...section, defaultRoom: '\n' })).toThrow(/no visible character/);
    expect(() => createChat({ maxMembers: 0 })).toThrow(/maxMembers/);
  });
});
