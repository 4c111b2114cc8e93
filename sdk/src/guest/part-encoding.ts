import { boot, defineGlobals } from './boot.js';
import { textDecoderClass, textEncoderClass } from './prelude-encoding.js';

const { encode, decode } = boot.natives;
defineGlobals({ TextEncoder: textEncoderClass(encode), TextDecoder: textDecoderClass(decode, encode, boot.encodings) });
