import { z } from 'zod';
import { parseName } from './names.js';

/** The built-in chat's configuration. Every key has a default: `{}` is a working chat. Lengths are in characters (Unicode code points). */
export const chatOptionsSchema = z
  .strictObject({
    defaultRoom: z
      .string()
      .default('lobby')
      .describe('The room that a client enters with its first message when it has joined none. It is always there. Default lobby.'),
    rooms: z
      .array(z.string())
      .default([])
      .describe('Rooms that are always there beside the default room; they and their history stay when nobody is in them. Default: none.'),
    createRooms: z
      .boolean()
      .default(true)
      .describe(
        'Whether a client makes a room by joining it. If not, a room that is not configured is refused with `unknown_room`. Default true.',
      ),
    maxRooms: z
      .int()
      .min(1)
      .default(10_000)
      .describe(
        'Rooms that clients have made, at once; one more is refused with `too_many_rooms`. A made room goes when its last member leaves, with its history and what plugins keep for it. Default 10,000.',
      ),
    maxMembers: z
      .int()
      .min(1)
      .default(1_000)
      .describe('Members of one room, at once; one more is refused with `room_full`. Default 1,000.'),
    maxContentLength: z
      .int()
      .min(1)
      .default(4_000)
      .describe('Characters of one message; a longer one is refused with `invalid`. Default 4,000.'),
    maxNameLength: z
      .int()
      .min(16)
      .max(256)
      .default(32)
      .describe('Characters of a name or a room; a longer one is refused with `invalid`. Default 32.'),
    reservedNames: z
      .array(z.string())
      .default(['moderator', 'system', 'host', 'framegate', 'this host'])
      .describe(
        'Names that clients may not take, nor ones that look the same (other case or width, Cyrillic and Greek look-alikes): refused with `name_reserved`. Names of accounts are not refused. Default: moderator, system, host, framegate, this host.',
      ),
    historySize: z
      .int()
      .min(0)
      .default(50)
      .describe('Messages a room remembers in memory and shows to newcomers; 0 remembers none. Default 50.'),
    historyBytes: z
      .int()
      .min(0)
      .default(262_144)
      .describe(
        'Bytes of the messages a room remembers; the oldest go first. Keep it below connection.maxQueuedBytes: a history is sent as one frame. Default 256 KiB.',
      ),
    dedupeSize: z
      .int()
      .min(0)
      .default(256)
      .describe(
        'Message ids remembered for each connection; a message sent again after that many others is a new one. 0 remembers none. Default 256.',
      ),
    roomDedupeSize: z
      .int()
      .min(0)
      .default(2_048)
      .describe(
        'Messages with an id that each room remembers, about 200 bytes each: one that comes again from the same name over a new connection, with the same content, is acknowledged and not sent twice. 0 remembers none. Default 2048.',
      ),
    greeting: z
      .string()
      .max(1_000)
      .default('Welcome {name}!')
      .describe('The `content` of the first frame; {name} is the client’s name. Default: Welcome {name}!'),
  })
  .superRefine(({ defaultRoom, rooms, reservedNames, maxNameLength }, context) => {
    const check = (what: string, name: string, path: PropertyKey[], maxLength: number): void => {
      const parsed = parseName(name, maxLength);
      if (parsed.kind === 'refused') context.addIssue({ code: 'custom', path, input: name, message: `${what} ${parsed.why}` });
    };
    check("the room's name", defaultRoom, ['defaultRoom'], maxNameLength);
    for (const [index, name] of rooms.entries()) check("the room's name", name, ['rooms', index], maxNameLength);
    for (const [index, name] of reservedNames.entries()) check('the reserved name', name, ['reservedNames', index], 256);
  });

export type ChatOptions = z.output<typeof chatOptionsSchema>;
export type ChatOptionsInput = z.input<typeof chatOptionsSchema>;
