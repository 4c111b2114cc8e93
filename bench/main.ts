import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.js';
import { PAYLOAD_BYTES } from './message-source.js';
import { type Report, renderMarkdown, renderReport, type Section } from './report.js';
import type { BenchSection } from './section.js';
import { SECTIONS } from './sections.js';
import { Targets } from './targets.js';

const RUNS = { full: 5, quick: 2 } as const;

interface Options {
  readonly json: string | undefined;
  readonly markdown: boolean;
  readonly quick: boolean;
  readonly runs: number;
  readonly sections: readonly BenchSection[];
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      markdown: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      runs: { type: 'string' },
    },
  });
  const runs = Number(values.runs ?? RUNS[values.quick ? 'quick' : 'full']);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs ${values.runs}: expected a whole number from 1.`);
  return { json: values.json, markdown: values.markdown, quick: values.quick, runs, sections: chosen(values.only) };
}

/** `--only a --only b` and `--only a,b` mean the same; nothing means everything. */
function chosen(only: readonly string[]): readonly BenchSection[] {
  const names = only.flatMap((value) => value.split(','));
  const unknown = names.find((name) => !SECTIONS.some((section) => section.name === name));
  if (unknown !== undefined)
    throw new Error(`--only ${unknown}: there is no such section. Take some of ${SECTIONS.map(({ name }) => name).join(', ')}.`);
  return names.length === 0 ? SECTIONS : SECTIONS.filter(({ name }) => names.includes(name));
}

async function measureAll({ quick, runs, sections }: Options): Promise<Section[]> {
  const measured: Section[] = [];
  for (const section of sections) {
    const targets = new Targets();
    try {
      const rows = await section.measure({ targets, runs, quick });
      measured.push({ name: section.name, about: section.about, rows });
    } finally {
      await targets.stopAll();
    }
  }
  return measured;
}

async function main(options: Options): Promise<void> {
  const machine = describeMachine();
  const sections = await measureAll(options);
  const settings = { quick: options.quick, runs: options.runs, payloadBytes: PAYLOAD_BYTES };
  const report: Report = { machine, settings, sections };
  console.log(`\n${options.markdown ? renderMarkdown(report) : renderReport(report)}`);
  const rows = sections.flatMap((section) => section.rows);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify({ machine, settings, rows }, undefined, 2)}\n`);
}

function fail(error: unknown): void {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

try {
  const options = readOptions();
  await main(options).catch((error: unknown) => {
    fail(error);
    console.error('\nThe bench failed: no figure of this run counts.');
  });
} catch (error) {
  fail(error);
}
