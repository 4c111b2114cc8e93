import { boot, defineGlobals } from './boot.js';
import { createConsole } from './prelude-console.js';

defineGlobals({ console: createConsole(boot.natives.log, boot.format) });
