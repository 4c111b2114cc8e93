// Builds the Wasm cores that are missing or stale: sdk/dist/core/{pdk,framegate}.{wasm,json}. Needs sdk/dist (scripts/build.mjs).
import { buildCores } from '../sdk/dist/compiler/build-cores.js';

await buildCores({ log: (line) => console.log(line) });
