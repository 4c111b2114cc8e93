import type { HttpRequest, HttpResult } from '../pipeline/http-exchange.js';
import type { HttpAsk, HttpRecord } from '../pipeline/http-journal.js';
import type { ByteReader, ByteWriter } from './byte-codec.js';

const RESPONSE = 0;
const FAILED = 1;

/** What a frame asked for, for the main thread. */
export interface HttpWait {
  readonly startedAt: number;
  readonly asks: readonly HttpAsk[];
}

export function writeHttpWait(out: ByteWriter, { startedAt, asks }: HttpWait): void {
  out.f64(startedAt);
  out.u32(asks.length);
  for (const { plugin, request } of asks) {
    out.text(plugin);
    writeRequest(out, request);
  }
}

export function readHttpWait(from: ByteReader): HttpWait {
  return { startedAt: from.f64(), asks: Array.from({ length: from.u32() }, () => ({ plugin: from.text(), request: readRequest(from) })) };
}

export function writeHttpRecord(out: ByteWriter, { startedAt, exchanges }: HttpRecord): void {
  out.f64(startedAt);
  out.u32(exchanges.length);
  for (const { plugin, request, result } of exchanges) {
    out.text(plugin);
    writeRequest(out, request);
    writeResult(out, result);
  }
}

export function readHttpRecord(from: ByteReader): HttpRecord {
  const startedAt = from.f64();
  const exchanges = Array.from({ length: from.u32() }, () => ({
    plugin: from.text(),
    request: readRequest(from),
    result: readResult(from),
  }));
  return { startedAt, exchanges };
}

function writeRequest(out: ByteWriter, { method, url, headers, body }: HttpRequest): void {
  out.text(method);
  out.text(url);
  writeHeaders(out, headers);
  out.bytes(body);
}

function readRequest(from: ByteReader): HttpRequest {
  return { method: from.text(), url: from.text(), headers: readHeaders(from), body: from.bytes() };
}

function writeResult(out: ByteWriter, result: HttpResult): void {
  if (result.kind === 'failed') {
    out.u8(FAILED);
    out.text(result.message);
    return;
  }
  out.u8(RESPONSE);
  out.u32(result.status);
  writeHeaders(out, result.headers);
  out.bytes(result.body);
}

function readResult(from: ByteReader): HttpResult {
  const kind = from.u8();
  if (kind === FAILED) return { kind: 'failed', message: from.text() };
  if (kind !== RESPONSE) throw new RangeError(`unknown HTTP result ${kind}`);
  return { kind: 'response', status: from.u32(), headers: readHeaders(from), body: from.bytes() };
}

function writeHeaders(out: ByteWriter, headers: Readonly<Record<string, string>>): void {
  const entries = Object.entries(headers);
  out.u32(entries.length);
  for (const [name, value] of entries) {
    out.text(name);
    out.text(value);
  }
}

function readHeaders(from: ByteReader): Record<string, string> {
  return Object.fromEntries(Array.from({ length: from.u32() }, () => [from.text(), from.text()]));
}
