import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { HostError } from '../errors.js';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import { lineProblem } from './recording-check.js';
import {
  RECORDING_VERSION,
  type RecordedAnswer,
  type RecordedCall,
  type RecordedEnd,
  type RecordingHeader,
  type RecordingLine,
} from './recording-format.js';

/** Some editors begin a file with it. */
const BYTE_ORDER_MARK = /^\ufeff/;

/** One call of a recording, with what came of it then. */
export interface RecordedStep {
  readonly call: RecordedCall;
  readonly context: ConnectionContext;
  /** Absent: it was masked, or never came back. */
  readonly answer?: RecordedAnswer;
}

/** A recording that was read as a whole, ready to be replayed. */
export interface Recording {
  readonly header: RecordingHeader;
  readonly steps: readonly RecordedStep[];
  /** Why it ended; absent: its thread was killed, or it goes on. */
  readonly end?: RecordedEnd['why'];
}

/** Reads a whole recording. A last line that was cut off is left out. Rejects with a HostError (RECORDING_INVALID) that names the line. */
export async function readRecording(file: string): Promise<Recording> {
  const steps: { call: RecordedCall; context: ConnectionContext; answer?: RecordedAnswer }[] = [];
  const contexts = new Map<number, ConnectionContext>();
  let header: RecordingHeader | undefined;
  let end: RecordedEnd['why'] | undefined;
  let broken: HostError | undefined;
  let number = 0;
  const invalid = (why: string, cause?: unknown): HostError =>
    new HostError('RECORDING_INVALID', `${file}, line ${number}: ${why}`, { cause });
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (broken) throw broken;
    number += 1;
    if (header === undefined) {
      header = readHeader(text.replace(BYTE_ORDER_MARK, ''), invalid);
      continue;
    }
    let line: RecordingLine;
    try {
      line = JSON.parse(text) as RecordingLine;
    } catch (error) {
      broken = invalid(`this is not JSON: ${(error as Error).message}`, error);
      continue;
    }
    const check = (what: 'connection' | 'call' | 'answer'): void => {
      const problem = lineProblem(what, line);
      if (problem !== undefined) throw invalid(problem);
    };
    switch (line?.kind) {
      case 'connection':
        check('connection');
        contexts.set(line.context.handle, line.context);
        break;
      case 'call': {
        const context = contexts.get(line.connection);
        if (context === undefined) throw invalid(`nothing is known of connection ${line.connection}`);
        if (line.call !== steps.length + 1) throw invalid(`call ${line.call} follows call ${steps.length}`);
        check('call');
        steps.push({ call: line, context });
        break;
      }
      case 'answer': {
        const step = steps[line.call - 1];
        if (step === undefined) throw invalid(`there was no call ${line.call}`);
        check('answer');
        step.answer = line;
        break;
      }
      case 'end':
        end = line.why;
        break;
      default:
        throw invalid(`a line of the kind ${JSON.stringify((line as { kind?: unknown } | null)?.kind)} is not known`);
    }
  }
  if (header === undefined) throw new HostError('RECORDING_INVALID', `${file} is empty`);
  return { header, steps, ...(end === undefined ? {} : { end }) };
}

function readHeader(text: string, invalid: (why: string, cause?: unknown) => HostError): RecordingHeader {
  let header: Partial<RecordingHeader> | null;
  try {
    header = JSON.parse(text) as Partial<RecordingHeader> | null;
  } catch (error) {
    throw invalid(`this is not a recording: its first line is no JSON`, error);
  }
  if (header?.framegate !== 'recording') throw invalid('this is not a recording of `framegate record`');
  if (header.version !== RECORDING_VERSION) {
    throw invalid(`it is a recording of version ${header.version}; this one reads version ${RECORDING_VERSION}`);
  }
  const problem = lineProblem('header', header);
  if (problem !== undefined) throw invalid(problem);
  return header as RecordingHeader;
}
