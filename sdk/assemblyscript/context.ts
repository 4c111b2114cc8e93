import { hostConfig, hostConnection, hostLog, hostNow } from './host';
import { contextKey } from './io';
import { json } from './json';
import { pendingText, utf8, utf8Length } from './text';

let configJson: string = '';
let connectionJson: string = '';
let connectionKey: u64 = u64.MAX_VALUE;

/** The plugin's options, checked by the host against the schema in plugin.json, defaults filled in. They never change while the plugin runs. */
export namespace config {
  /** All of them, a JSON object. */
  export function all(): string {
    if (configJson.length == 0) configJson = pendingText(hostConfig());
    return configJson;
  }

  /** One of them as JSON; null if it is not there. */
  export function get(name: string): string | null {
    return json.member(all(), name);
  }

  export function text(name: string, fallback: string = ''): string {
    const content = json.text(get(name));
    return content === null ? fallback : content;
  }

  export function number(name: string, fallback: f64 = 0): f64 {
    const value = json.number(get(name));
    return Number.isNaN(value) ? fallback : value;
  }

  export function flag(name: string, fallback: bool = false): bool {
    const value = get(name);
    return value === null ? fallback : value == 'true';
  }
}

/** The connection's context as JSON: `{ id, route, host, path, headers, remoteAddress, subprotocol, connectedAt, room?, user? }`. */
export function connection(): string {
  const key = contextKey();
  if (key != connectionKey) {
    connectionJson = pendingText(hostConnection());
    connectionKey = key;
  }
  return connectionJson;
}

/** Milliseconds since the epoch; constant during a call. */
export function now(): f64 {
  return hostNow();
}

/** Lines for the host's log. */
export namespace log {
  export function debug(text: string): void {
    write(0, text);
  }

  export function info(text: string): void {
    write(1, text);
  }

  export function warn(text: string): void {
    write(2, text);
  }

  export function error(text: string): void {
    write(3, text);
  }
}

function write(level: i32, text: string): void {
  const length = utf8Length(text);
  hostLog(level, utf8(text, length), length);
}
