import { boot, defineGlobals } from './boot.js';
import { createHttp } from './http.js';

defineGlobals({ Http: createHttp(boot.natives) });
