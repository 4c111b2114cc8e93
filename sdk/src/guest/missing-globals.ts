const NO_TIMERS = "there are no timers inside a plugin. Keep the time in ctx.state with a ttl, or compare ctx.now() with the last call's";
const NO_NODE = "Node's own objects do not exist inside a plugin";

/** Globals that authors expect from a browser or from Node, and what to do without them. */
export const MISSING_GLOBALS: Readonly<Record<string, string>> = {
  setTimeout: NO_TIMERS,
  setInterval: NO_TIMERS,
  setImmediate: 'there are no timers inside a plugin. queueMicrotask runs a function after the present one',
  require: 'write `import` instead: the bundler resolves it while the plugin is built',
  process: `${NO_NODE}. Settings belong in the plugin's config`,
  Buffer: `${NO_NODE}. Use Uint8Array, TextEncoder and TextDecoder, atob and btoa`,
  window: 'a plugin runs on the server. globalThis holds its globals',
  document: 'a plugin runs on the server, without a page',
  localStorage: 'use ctx.state, which the host keeps',
  sessionStorage: 'use ctx.state.connection, which the host keeps as long as the connection',
  WebSocket: 'a plugin opens no connections. Verdicts reply to the sender, or send to the other side',
  XMLHttpRequest: 'use fetch, with the hosts in capabilities.http of definePlugin',
  Intl: 'the engine has no Intl. Text of one language can be formatted by hand',
  module: 'a source has either `export` or module.exports, not both',
  exports: 'a source has either `export` or module.exports, not both',
  ctx: 'the context is the second parameter of onRequest and onResponse, and the first of onConnect and onDisconnect',
  frame: 'the frame is the first parameter of onRequest and onResponse',
};

/** The part of that table that a script may need: what it names. */
export function missingGlobalsIn(code: string): Readonly<Record<string, string>> {
  const words = new Set(code.match(/[\w$]+/g));
  return Object.fromEntries(Object.entries(MISSING_GLOBALS).filter(([name]) => words.has(name)));
}
