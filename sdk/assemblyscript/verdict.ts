import { hostFail } from './host';
import { addRecord, piece, setRecord } from './io';
import { utf8, utf8Length, writeUtf8 } from './text';

// What a hook says of its frame. Every function returns 0, so that a hook can end with it: `return drop('spam')`.
// They add up: `reply('please do not'); return drop('spam')`. A hook that says nothing lets the frame pass unchanged.

const FORWARD: i32 = 1;
const DROP: i32 = 2;
const REPLY: i32 = 3;
const CLOSE: i32 = 4;
const REJECT: i32 = 5;
const NOTE: i32 = 6;

const TEXT: i32 = 0;
const BINARY: i32 = 1;

/** The frame goes on as it is. `reason` is for logs and metrics. */
export function pass(reason: string = ''): i32 {
  return note(reason);
}

/** The frame ends here, without a word to its sender. */
export function drop(reason: string = ''): i32 {
  setRecord(DROP, 0, 0, 0);
  return note(reason);
}

/** This text goes on instead of the frame; called again, another one follows it. */
export function replace(text: string): i32 {
  return addText(FORWARD, text);
}

/** These bytes go on instead of the frame, as a binary frame; called again, another one follows. */
export function replaceBytes(bytes: Uint8Array): i32 {
  return addBytes(FORWARD, bytes);
}

/** A text frame back to whoever sent this one. */
export function reply(text: string): i32 {
  return addText(REPLY, text);
}

/** A binary frame back to whoever sent this one. */
export function replyBytes(bytes: Uint8Array): i32 {
  return addBytes(REPLY, bytes);
}

/** The frame is invalid: the route's `rejectStrategy` decides between a drop and a close with this code. `reason`: at most 123 bytes. */
export function reject(code: i32, reason: string = ''): i32 {
  return setText(REJECT, code, reason);
}

/** Closes the connection; the frame ends here. Codes: 1000, 1001, 1003, 1007–1014, 3000–4999. `reason`: at most 123 bytes. */
export function close(code: i32, reason: string = ''): i32 {
  return setText(CLOSE, code, reason);
}

/** Why, for logs and metrics. */
export function note(reason: string): i32 {
  return reason.length == 0 ? 0 : setText(NOTE, 0, reason);
}

/** The hook has failed: `return fail('why')`. The plugin's `onFault` policy decides what becomes of the frame; state writes are undone. */
export function fail(why: string): i32 {
  const length = utf8Length(why);
  hostFail(utf8(why, length), length);
  return 1;
}

function addText(op: i32, text: string): i32 {
  const length = utf8Length(text);
  const address = piece(length);
  writeUtf8(text, address);
  addRecord(op, TEXT, address, length);
  return 0;
}

function addBytes(op: i32, bytes: Uint8Array): i32 {
  const address = piece(bytes.length);
  memory.copy(address, bytes.dataStart, <usize>bytes.length);
  addRecord(op, BINARY, address, bytes.length);
  return 0;
}

function setText(op: i32, argument: i32, text: string): i32 {
  const length = utf8Length(text);
  const address = piece(length);
  writeUtf8(text, address);
  setRecord(op, argument, address, length);
  return 0;
}
