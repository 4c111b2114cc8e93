import { SourceMap, type SourceMapPayload } from 'node:module';
import { codeFrame } from './code-frame.js';
import type { SourceLocation } from './compile-error.js';

/** Under this name the bundle is evaluated: what stands in the stack traces of a plugin. */
export const BUNDLE_NAME = 'plugin.js';

const FRAME_POSITION = /\bplugin\.js:(\d+):(\d+)/g;

/** Finds source lines for positions in the bundle. */
export class SourcePositions {
  readonly #payload: SourceMapPayload;
  readonly #map: SourceMap;

  constructor(sourceMap: string) {
    this.#payload = JSON.parse(sourceMap) as SourceMapPayload;
    this.#map = new SourceMap(this.#payload);
  }

  /** A stack trace with every position of the bundle replaced by the source's. */
  mapStack(stack: string): string {
    return stack.replace(FRAME_POSITION, (position, line: string, column: string) => {
      const found = this.#find(Number(line), Number(column));
      return found === undefined ? position : `${found.file}:${found.line}:${found.column}`;
    });
  }

  /** The innermost frame of a trace that lies in the author's own files, with its code frame. */
  innermost(stack: string, isOwn: (file: string) => boolean): { location: SourceLocation; frame: string | undefined } | undefined {
    for (const [, line, column] of stack.matchAll(FRAME_POSITION)) {
      const location = this.#find(Number(line), Number(column));
      if (location === undefined || !isOwn(location.file)) continue;
      const source = this.source(location.file);
      return { location, frame: source === undefined ? undefined : codeFrame(source, location.line, location.column) };
    }
    return undefined;
  }

  /** The text of a source file; undefined if it has no part in the bundle. */
  source(file: string): string | undefined {
    return this.#payload.sourcesContent[this.#payload.sources.indexOf(file)];
  }

  #find(line: number, column: number): SourceLocation | undefined {
    const entry = this.#map.findEntry(line - 1, column - 1);
    if (!('originalSource' in entry) || entry.originalSource === undefined) return undefined;
    return { file: entry.originalSource, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  }
}
