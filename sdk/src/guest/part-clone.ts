import { defineGlobals } from './boot.js';
import { structuredClone } from './prelude-clone.js';

defineGlobals({ structuredClone });
