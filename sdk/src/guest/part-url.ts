import { defineGlobals } from './boot.js';
import { URL } from './url.js';
import { URLSearchParams } from './url-search-params.js';

defineGlobals({ URL, URLSearchParams });
