import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';

/** A position in the bundle, as the engine inside a JavaScript plugin writes it in its stack traces. */
const POSITION = /\bplugin\.js:(\d+)(?::(\d+))?/g;

/** Puts source files and lines in place of the positions in a plugin's bundle. */
export class StackTraceMapper {
  readonly #source: string;
  #map: TraceMap | undefined;

  /** `sourceMap`: JSON. It is not parsed before a trace needs it. */
  constructor(sourceMap: string) {
    this.#source = sourceMap;
  }

  /** The text with every `plugin.js:LINE:COLUMN` that the map knows replaced; others stay. Never throws. */
  map(text: string): string {
    if (!text.includes('plugin.js:')) return text;
    try {
      this.#map ??= new TraceMap(this.#source);
    } catch {
      return text;
    }
    const map = this.#map;
    return text.replace(POSITION, (found: string, line: string, column: string | undefined) => {
      // traces count columns from 1, source maps from 0
      const place = originalPositionFor(map, { line: Math.max(1, Number(line)), column: Math.max(0, Number(column ?? 1) - 1) });
      if (place.source === null) return found;
      return column === undefined ? `${place.source}:${place.line}` : `${place.source}:${place.line}:${place.column + 1}`;
    });
  }
}
