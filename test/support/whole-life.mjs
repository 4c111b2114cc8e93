// A process that makes a host, gives it a life, and closes it: { folder, workers, httpHost } as JSON in its argument. Prints as JSON what is left
// of what was made in it, then does nothing more: it has to end by itself.
import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import WebSocket from 'ws';
import { createHost } from '../../host/dist/index.js';

const { folder, workers, httpHost } = JSON.parse(process.argv[2]);
const WATCHED = new Set(['Timeout', 'WORKER', 'MESSAGEPORT', 'TCPWRAP', 'TCPSERVERWRAP', 'FSEVENTWRAP', 'STATWATCHER']);
const made = new Map();
const hook = createHook({
  init: (id, type) => {
    if (WATCHED.has(type)) made.set(id, type);
  },
  destroy: (id) => made.delete(id),
}).enable();

const events = new Set();
const happened = [];
const take = (_fields, message) => {
  events.add(message);
  for (const look of happened.splice(0)) look();
};
const logger = { debug: take, info: take, warn: take, error: take };

const plugin = (name, http) => ({
  use: `./${name}.wasm`,
  ...(http ? {} : { config: { me: 'p' } }),
  limits: { deadlineMs: 300, fuel: 0 },
  ...(http ? { http: { hosts: [httpHost], allowPrivate: true } } : {}),
});
const config = (plugins) => ({
  server: { port: 0, host: '127.0.0.1' },
  log: { level: 'error' },
  engine: workers === 0 ? {} : { workers },
  plugins: { watchMs: 50, approve: 'always' },
  admin: { port: 0 },
  drain: { delayMs: 0, timeoutMs: 5000 },
  routes: [{ path: '/chat', backend: { kind: 'chat' }, plugins }],
});

const first = [plugin('waits', true), plugin('puppet')];
const host = await createHost(config(first), { folder, logger });
const { port } = await host.listen();

async function visit(use) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat?room=tea`);
  const frames = [];
  const waiting = [];
  socket.on('message', (data) => {
    frames.push(String(data));
    for (const look of waiting.splice(0)) look();
  });
  const seen = async (text) => {
    while (!frames.some((frame) => frame.includes(text))) await new Promise((look) => waiting.push(look));
  };
  await seen('joined');
  await use(socket, seen);
  return socket;
}

const closing = [];
// Waits for the network, then passes.
const talker = await visit(async (socket, seen) => {
  socket.send(JSON.stringify({ id: 'm1', content: 'hello' }));
  await seen('m1');
});
// Loops for ever: its worker is killed, and the frame passes.
const hanger = await visit(async (socket) => {
  socket.send('pl');
  while (!events.has('worker-killed')) await new Promise((look) => happened.push(look));
});
closing.push(once(talker, 'close'), once(hanger, 'close'));
await host.reload(config([plugin('puppet')]));
await host.reload(config(first));
await host.drain();
await Promise.all(closing);
await host.close();
// What ends in a turn of the event loop, or two, ends there.
for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
hook.disable();
process.stdout.write(JSON.stringify({ events: [...events], left: [...made.values()], active: process.getActiveResourcesInfo() }));
