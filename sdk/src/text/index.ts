export { Automaton, type Match } from './automaton.js';
export { fold } from './fold.js';
export { type NearDuplicateOptions, type NearDuplicateStore, NearDuplicates } from './near-duplicates.js';
export { hammingDistance, type Simhash, simhash } from './simhash.js';
export { tokenize } from './tokenize.js';
