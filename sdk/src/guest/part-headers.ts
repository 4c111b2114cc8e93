import { defineGlobals } from './boot.js';
import { Headers } from './headers.js';

defineGlobals({ Headers });
