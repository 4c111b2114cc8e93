import { Uri } from './uri.js';

// The schema library makes a URL when it is imported, and this module has to be imported before it.
(globalThis as { URL?: unknown }).URL ??= Uri;
