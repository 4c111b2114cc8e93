import type { HttpNative } from './http.js';
import { createMemory, type MemoryNative } from './pdk-memory.js';

/** The wasm functions of a core that the PDK globals and the prelude are made of (compiler/glue-pdk.ts). */
export interface PdkNative extends MemoryNative, HttpNative {
  inputText(): string;
  inputBytes(): ArrayBuffer;
  output(data: string | ArrayBuffer | Uint8Array): void;
  varText(key: string): string | null;
  varBytes(key: string): ArrayBuffer | null;
  varSet(key: string, value: string | ArrayBuffer | Uint8Array): void;
  varRemove(key: string): void;
  configText(key: string): string | null;
  log(level: number, message: string): void;
  encode(text: string): ArrayBuffer;
  decode(bytes: ArrayBuffer | Uint8Array): string;
  randomBytes(length: number): ArrayBuffer;
  random(): number;
}

/** The globals that `@extism/js-pdk` declares, but `Http` (http.ts). */
export function installPdk(native: PdkNative): Readonly<Record<string, object>> {
  return {
    Host: {
      inputString: native.inputText,
      inputBytes: native.inputBytes,
      outputString: (text: string): boolean => {
        native.output(String(text));
        return true;
      },
      outputBytes: (bytes: ArrayBuffer | ArrayBufferView): boolean => {
        native.output(bytesOf(bytes));
        return true;
      },
      arrayBufferToBase64: (buffer: ArrayBuffer | ArrayBufferView): string => {
        let text = '';
        for (const byte of bytesOf(buffer)) text += String.fromCharCode(byte);
        return btoa(text);
      },
      base64ToArrayBuffer: (base64: string): ArrayBuffer => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)).buffer,
      getFunctions: () => refuse('Host.getFunctions()'),
      invokeFunc: () => refuse('Host.invokeFunc()'),
      invokeFunc0: () => refuse('Host.invokeFunc0()'),
    },
    Var: {
      set: (key: string, value: string | ArrayBuffer | ArrayBufferView): void =>
        native.varSet(key, typeof value === 'string' ? value : bytesOf(value)),
      get: native.varBytes,
      getBytes: native.varBytes,
      getString: native.varText,
      remove: native.varRemove,
    },
    Config: { get: native.configText },
    ...createMemory(native, bytesOf),
  };
}

/** Whoever asks for functions of a host would call one next, and be told less about what is missing. */
function refuse(called: string): never {
  throw new Error(
    `${called}: this host has no functions of its own for plugins. Use fetch or Http.request to reach a service, Var to keep values and Config to read settings`,
  );
}

/** Any buffer or view as bytes, not copied. */
function bytesOf(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError(`an ArrayBuffer or a typed array is needed, not ${value === null ? 'null' : `a ${typeof value}`}`);
}
