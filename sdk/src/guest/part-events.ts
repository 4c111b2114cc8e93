import { boot, defineGlobals } from './boot.js';
import { AbortController, AbortSignal, Event, EventTarget, reportListenerErrors } from './events.js';

const ERROR = 3;
reportListenerErrors((error) => boot.natives.log(ERROR, `a listener threw: ${boot.format(error)}`));
defineGlobals({ AbortController, AbortSignal, Event, EventTarget });
