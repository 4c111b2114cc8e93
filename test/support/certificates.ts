import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate and its private key, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  /** A certificate of a server under these DNS names. */
  issue(names: readonly string[], validity?: Validity): Certificate;
}

interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const HOUR_MS = 3_600_000;
const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME = [0x55, 0x04, 0x03];
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13];
const SUBJECT_ALTERNATIVE_NAME = [0x55, 0x1d, 0x11];
const TAG = { integer: 2, bits: 3, octets: 4, object: 6, utf8: 12, time: 0x18, sequence: 0x30, set: 0x31, true: 1 } as const;

/** A certificate authority that nobody trusts yet, made on the spot (X.509, RFC 5280; P-256). */
export function makeAuthority(name = 'framegate test authority'): Authority {
  const { publicKey, privateKey } = newKeys();
  const basic = extension(BASIC_CONSTRAINTS, sequence(der(TAG.true, [0xff])), true);
  const cert = certify({ subject: name, publicKey, issuer: name, issuerKey: privateKey, extensions: [basic], validity: soon() });
  return {
    cert,
    key: pem(privateKey),
    issue(names, validity = soon()) {
      const keys = newKeys();
      const alternatives = sequence(...names.map((dns) => der(0x82, [...Buffer.from(dns)])));
      const extensions = [extension(SUBJECT_ALTERNATIVE_NAME, alternatives, false)];
      const subject = names[0] ?? '';
      return {
        cert: certify({ subject, publicKey: keys.publicKey, issuer: name, issuerKey: privateKey, extensions, validity }),
        key: pem(keys.privateKey),
      };
    },
  };
}

interface Request {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuer: string;
  readonly issuerKey: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly validity: Validity;
}

function certify({ subject, publicKey, issuer, issuerKey, extensions, validity }: Request): string {
  const algorithm = sequence(der(TAG.object, ECDSA_WITH_SHA256));
  const body = sequence(
    der(0xa0, [...der(TAG.integer, [2])]),
    der(TAG.integer, [1, ...randomBytes(8)]),
    algorithm,
    distinguished(issuer),
    sequence(time(validity.notBefore), time(validity.notAfter)),
    distinguished(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, [...sequence(...extensions)]),
  );
  const signature = der(TAG.bits, [0, ...sign('sha256', body, issuerKey)]);
  const base64 = sequence(body, algorithm, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
}

function newKeys(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function soon(): Validity {
  return { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + HOUR_MS) };
}

function distinguished(name: string): Buffer {
  return sequence(der(TAG.set, [...sequence(der(TAG.object, COMMON_NAME), der(TAG.utf8, [...Buffer.from(name)]))]));
}

function extension(object: readonly number[], value: Buffer, critical: boolean): Buffer {
  return sequence(der(TAG.object, object), ...(critical ? [der(TAG.true, [0xff])] : []), der(TAG.octets, [...value]));
}

function time(date: Date): Buffer {
  return der(TAG.time, [...Buffer.from(`${date.toISOString().replace(/\D/g, '').slice(0, 14)}Z`)]);
}

function sequence(...items: readonly Buffer[]): Buffer {
  return der(TAG.sequence, [...Buffer.concat(items)]);
}

/** One element: tag, length, content (X.690 §8.1). */
function der(tag: number, content: readonly number[]): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.from([tag, ...size, ...content]);
}
