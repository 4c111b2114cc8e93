import { boot, defineGlobals } from './boot.js';
import { createConsole } from './prelude-console.js';

defineGlobals({ console: createConsole({ log: boot.natives.log, format: boot.format, cut: boot.cut }) });
