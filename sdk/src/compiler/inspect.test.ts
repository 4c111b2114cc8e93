import { customSection, MANIFEST_SECTION, readSections, writeSections } from '@framegate/sdk/abi';
import binaryen from 'binaryen';
import { describe, expect, it } from 'vitest';
import { inspectModule } from './inspect.js';

function assemble(wat: string): Uint8Array {
  const module = binaryen.parseText(wat);
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

const withSection = (module: Uint8Array, json: string): Uint8Array =>
  writeSections([...readSections(module), customSection(MANIFEST_SECTION, new TextEncoder().encode(json))]);

describe('inspectModule', () => {
  it('reads a foreign module: types, imports by module, memory', () => {
    const report = inspectModule(
      assemble(`(module
        (import "env" "f" (func $f (param i32 i64) (result f64)))
        (import "env" "g" (global i32))
        (import "other" "t" (table 1 funcref))
        (memory (export "memory") 2 5)
        (func (export "on_request_message") (result i32) (drop (call $f (i32.const 1) (i64.const 2))) (i32.const 0))
        (func (export "helper") (param f32)))`),
    );
    expect(report).toMatchObject({
      abi: 'otoroshi',
      exports: [
        { name: 'memory', kind: 'memory' },
        { name: 'on_request_message', kind: 'function', type: '() -> i32' },
        { name: 'helper', kind: 'function', type: '(f32) -> ()' },
      ],
      memory: { imported: false, minBytes: 131_072, maxBytes: 327_680 },
    });
    expect(Object.keys(report.imports).sort()).toEqual(['env', 'other']);
    expect(report.imports.env).toEqual(
      expect.arrayContaining([
        { name: 'f', kind: 'function', type: '(i32, i64) -> f64' },
        { name: 'g', kind: 'global' },
      ]),
    );
  });

  it('says of a module without hooks that no ABI fits', () => {
    expect(inspectModule(assemble('(module)'))).toEqual({
      bytes: 8,
      parts: { code: 0, data: 0, manifest: 0, other: 8 },
      abi: 'none',
      exports: [],
      imports: {},
      customSections: [],
    });
  });

  it('says what is wrong with a manifest, and reports the rest', () => {
    const report = inspectModule(
      withSection(assemble('(module (func (export "on_request_message") (result i32) (i32.const 0)))'), '{"abi":2}'),
    );
    expect(report.manifest).toBeUndefined();
    expect(report.manifestError).toContain('abi is 2');
    expect(report.exports).toHaveLength(1);
  });

  it.each([
    ['an empty file', new Uint8Array(), 'the file is empty'],
    ['text', new TextEncoder().encode('hello, world'), 'not a WebAssembly module'],
    ['a component', Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), 'a WebAssembly component'],
    ['a header cut short', Uint8Array.of(0, 0x61, 0x73, 0x6d), 'not written whole'],
    ['a module cut short', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 200), 'unexpected end of the module'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => inspectModule(bytes)).toThrow(message);
  });
});
