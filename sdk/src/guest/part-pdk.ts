import { boot, defineGlobals } from './boot.js';
import { installPdk } from './pdk.js';

defineGlobals(installPdk(boot.natives));
