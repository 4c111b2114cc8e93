import { digest } from './prelude-digest.js';

Object.defineProperty(crypto, 'subtle', { value: { digest }, enumerable: true, configurable: true });
