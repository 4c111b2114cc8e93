import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ChatClient, type Received } from '../../../test/support/chat-client.js';
import { createChat } from './chat.js';

const LIMITS = { maxMembers: 3, maxRooms: 1, historySize: 3, rooms: ['tea'] };
const CONFIGURED = ['lobby', 'tea'];
const CLIENTS = 5;

type Op =
  | { readonly type: 'join'; readonly room: string; readonly name: string | undefined }
  | { readonly type: 'message'; readonly name: string | undefined }
  | { readonly type: 'rename'; readonly name: string }
  | { readonly type: 'resend' | 'leave' | 'reconnect' };

const name = fc.constantFrom('Ada', 'ADA', 'Bob', 'Cleo');
const room = fc.constantFrom('lobby', 'tea', 'TEA', 'coffee', 'cake');
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('join' as const), room, name: fc.option(name, { nil: undefined }) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('message' as const), name: fc.option(name, { nil: undefined, freq: 1 }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('rename' as const), name }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom('resend' as const, 'leave' as const, 'reconnect' as const) }) },
);
const script = fc.array(fc.tuple(fc.nat(CLIENTS - 1), op), { maxLength: 60 });

/** What a client knows, from what it was sent alone. */
class View {
  name = '';
  room: string | undefined;
  members = new Map<unknown, unknown>();
  heard: unknown[] = [];
  /** What it must have heard by now. */
  due: unknown[] = [];
  /** Whether it chose its name. */
  named = false;
  sent: Received[] = [];
  readonly client: ChatClient;

  constructor(client: ChatClient) {
    this.client = client;
  }

  /** Takes in what came since, and returns it. */
  read(): Received[] {
    const news = this.client.heard();
    for (const frame of news) this.#take(frame);
    return news;
  }

  #take(frame: Received): void {
    const { type, id } = frame;
    if (type === 'welcome') this.name = String(frame.name);
    if (type === 'joined') {
      this.room = String(frame.room);
      this.members = new Map((frame.members as Received[]).map((member) => [member.id, member.name]));
      this.name = String(this.members.get(this.client.id));
    }
    if (type === 'message') this.heard.push(id);
    if (type === 'join') {
      expect(this.members.has(id)).toBe(false);
      this.members.set(id, frame.name);
    }
    if (type === 'rename' && this.room !== undefined) {
      expect(this.members.get(id)).toBe(frame.previous);
      this.members.set(id, frame.name);
    }
    if (type === 'rename' && id === this.client.id) this.name = String(frame.name);
    if (type === 'leave') expect(this.members.delete(id)).toBe(true);
    if (type === 'join' || type === 'leave') {
      expect(frame.room).toBe(this.room);
      expect(frame.members).toBe(this.members.size);
    }
    if (type === 'leave' && id === this.client.id) this.room = undefined;
  }
}

it('keeps rooms, members, order and history right, whatever clients do', async () => {
  await fc.assert(fc.asyncProperty(script, run), { numRuns: 400 });
});

async function run(steps: readonly (readonly [number, Op])[]): Promise<void> {
  const chat = createChat(LIMITS);
  const views = await Promise.all(Array.from({ length: CLIENTS }, async () => new View(await ChatClient.connect(chat))));
  const histories = new Map<string, unknown[]>();
  for (const view of views) view.read();
  let messages = 0;

  const inRoom = (wanted: string) => views.filter((view) => view.room?.toLowerCase() === wanted.toLowerCase());
  const isTaken = (wanted: string, where: string, by: View) =>
    inRoom(where).some((view) => view !== by && view.name.toLowerCase() === wanted.toLowerCase());
  const madeRooms = () => new Set(views.flatMap(({ room }) => (room && !CONFIGURED.includes(room) ? [room.toLowerCase()] : []))).size;

  /** Why the chat must refuse; `undefined`: it must not. */
  const refusal = (view: View, where: string, chosen: string | undefined): string | undefined => {
    const wanted = chosen ?? (view.named ? view.name : undefined);
    if (view.room?.toLowerCase() !== where.toLowerCase()) {
      const exists = CONFIGURED.includes(where.toLowerCase()) || inRoom(where).length > 0;
      if (!exists && madeRooms() >= LIMITS.maxRooms) return 'too_many_rooms';
      if (inRoom(where).length >= LIMITS.maxMembers) return 'room_full';
    }
    return wanted !== undefined && isTaken(wanted, where, view) ? 'name_taken' : undefined;
  };

  for (const [index, step] of steps) {
    const view = views[index];
    if (view === undefined) continue;
    const before = { room: view.room, name: view.name };
    let expected: string | undefined;
    let entered: string | undefined;

    if (step.type === 'reconnect') {
      view.client.disconnect();
      views[index] = new View(await ChatClient.connect(chat));
    } else if (step.type === 'join') {
      expected = refusal(view, step.room, step.name);
      entered = step.room;
      view.client.say(step);
    } else if (step.type === 'message') {
      expected = refusal(view, view.room ?? 'lobby', step.name);
      if (view.room === undefined) entered = 'lobby';
      messages += 1;
      view.client.say({ ...step, content: `${messages}`, id: `m-${messages}` });
    } else if (step.type === 'rename') {
      expected = view.room === undefined ? undefined : refusal(view, view.room, step.name);
      view.client.say(step);
    } else if (step.type === 'leave') {
      expected = view.room === undefined ? 'no_room' : undefined;
      view.client.say(step);
    } else {
      const last = view.sent.at(-1);
      if (last === undefined) continue;
      view.client.say({ id: last.id, content: 'again' });
      expect(view.read()).toEqual([last]);
      for (const other of views) expect(other.read()).toEqual([]);
      continue;
    }

    const news = (views[index] ?? view).read();
    if (expected !== undefined) {
      expect(news).toMatchObject([{ type: 'error', code: expected }]);
      expect({ room: view.room, name: view.name }).toEqual(before);
      for (const other of views) expect(other.read()).toEqual([]);
      continue;
    }
    expect(news.filter(({ type }) => type === 'error')).toEqual([]);
    if ('name' in step && step.name !== undefined) {
      view.named = true;
      expect(view.name).toBe(step.name);
    }
    const joined = news.find(({ type }) => type === 'joined');
    expect(joined !== undefined).toBe(entered !== undefined);
    if (joined !== undefined) {
      const remembered = histories.get(String(joined.room).toLowerCase()) ?? [];
      expect((joined.history as Received[]).map(({ id }) => id)).toEqual(remembered.slice(-LIMITS.historySize));
    }
    const ack = news.find(({ type }) => type === 'ack');
    expect(ack !== undefined).toBe(step.type === 'message');
    if (ack !== undefined && view.room !== undefined) {
      view.sent.push(ack);
      const key = view.room.toLowerCase();
      histories.set(key, [...(histories.get(key) ?? []), ack.messageId]);
      for (const other of inRoom(key)) if (other !== view) other.due.push(ack.messageId);
    }

    for (const other of views) other.read();
    for (const key of histories.keys()) if (inRoom(key).length === 0 && !CONFIGURED.includes(key)) histories.delete(key);
    for (const one of views) {
      expect(one.heard).toEqual(one.due);
      expect(one.client.context.room).toBe(one.room);
      expect(one.client.context.user).toEqual({ id: one.client.id, name: one.name });
      if (one.room === undefined) continue;
      const there = inRoom(one.room);
      expect(one.members).toEqual(new Map(there.map((member) => [member.client.id, member.name])));
      expect(new Set(there.map((member) => member.name.toLowerCase())).size).toBe(there.length);
      expect(there.length).toBeLessThanOrEqual(LIMITS.maxMembers);
    }
  }
}
