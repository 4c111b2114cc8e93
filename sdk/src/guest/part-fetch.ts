import { boot, defineGlobals } from './boot.js';
import { createFetch } from './fetch.js';

defineGlobals(createFetch(boot.natives, boot.natives));
