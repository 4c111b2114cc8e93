/** What of a plugin's calls is kept in a file, and how much of it. */
export interface RecordOptions {
  /** A file that is there already is never written to: the next free of NAME-2.jsonl, NAME-3.jsonl … is. */
  readonly file: string;
  /** Calls; the recording ends with the last of them. */
  readonly maxFrames: number;
  /** Bytes of the file; the recording ends before it would grow beyond. */
  readonly maxBytes: number;
  /** Names of JSON fields whose values are replaced wherever they stand: in frames, claims and HTTP. */
  readonly mask: readonly string[];
}
