/**
 * What went wrong. `entry`: no such source file. `syntax`, `resolve`: the bundler's. `top-level`: the source threw, or did not
 * come to an end, while it was being evaluated. `host-call`: it called the host outside of a hook. `shape`: its exports are not a plugin's. `core`: the sdk itself is incomplete.
 * `manifest`: plugin.json is missing or wrong. `compiler`: the language's compiler is not installed.
 */
export type CompileErrorKind = 'entry' | 'syntax' | 'resolve' | 'top-level' | 'host-call' | 'shape' | 'core' | 'manifest' | 'compiler';

/** A place in a source file: `file` relative to the entry's folder, line and column from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Why a plugin could not be built. `message` is complete and readable by itself: what, where, and the lines of source around it. */
export class CompileError extends Error {
  readonly kind: CompileErrorKind;
  readonly location: SourceLocation | undefined;
  /** The message's first lines, without location and code frame. */
  readonly summary: string;
  /** The lines of source around the place. */
  readonly frame: string | undefined;

  constructor(
    kind: CompileErrorKind,
    summary: string,
    place?: { readonly location?: SourceLocation | undefined; readonly frame?: string | undefined },
    options?: ErrorOptions,
  ) {
    const where = place?.location === undefined ? '' : `${formatLocation(place.location)}: `;
    super(`${where}${summary}${place?.frame === undefined ? '' : `\n\n${place.frame}`}`, options);
    this.name = 'CompileError';
    this.kind = kind;
    this.summary = summary;
    this.location = place?.location;
    this.frame = place?.frame;
  }
}

function formatLocation({ file, line, column }: SourceLocation): string {
  return `${file}:${line}:${column}`;
}
