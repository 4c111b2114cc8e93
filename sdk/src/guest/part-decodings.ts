import { boot } from './boot.js';
import { otherEncodings } from './other-encodings.js';

boot.encodings = otherEncodings();
