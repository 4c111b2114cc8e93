export * from './abi-v1.js';
export * from './connection.js';
export * from './fingerprint.js';
export * from './guard.js';
export * from './http-hosts.js';
export * from './manifest.js';
export * from './manifest-section.js';
export * from './wasm-binary.js';
