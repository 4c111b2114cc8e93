import { boot, defineGlobals } from './boot.js';
import { createCrypto } from './prelude-crypto.js';

defineGlobals({ crypto: createCrypto(boot.natives.randomBytes) });
