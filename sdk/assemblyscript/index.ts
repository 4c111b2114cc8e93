export { config, connection, log, now } from './context';
export { frame } from './frame';
export { json } from './json';
export { migration } from './migration';
export { PluginState, State, state } from './state';
export { close, drop, fail, note, pass, reject, replace, replaceBytes, reply, replyBytes } from './verdict';
