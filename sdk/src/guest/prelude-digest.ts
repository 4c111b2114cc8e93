import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';

const HASHES: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  'SHA-1': sha1,
  'SHA-256': sha256,
  'SHA-384': sha384,
  'SHA-512': sha512,
};

/** `crypto.subtle.digest` of the Web Cryptography API. The other operations are not there. */
export async function digest(algorithm: string | { readonly name: string }, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer> {
  const name = String(typeof algorithm === 'object' && algorithm !== null ? algorithm.name : algorithm);
  const hash = HASHES[name.toUpperCase()];
  if (hash === undefined)
    throw new DOMException(
      `crypto.subtle.digest: there is ${Object.keys(HASHES).join(', ')}, not ${JSON.stringify(name)}`,
      'NotSupportedError',
    );
  const isView = ArrayBuffer.isView(data);
  if (!isView && !(data instanceof ArrayBuffer)) throw new TypeError('crypto.subtle.digest needs an ArrayBuffer or a typed array');
  const bytes = isView ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
  return new Uint8Array(hash(bytes)).buffer;
}
