import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { step } from '../scripts/steps.mjs';
import { describeMachine } from './machine.js';
import { PAYLOAD_BYTES } from './message-source.js';
import { pluginCost } from './plugin-cost.js';
import { renderReport, type Section } from './report.js';
import { latency, startServers, throughput } from './round-trips.js';
import { startUp } from './start-up.js';
import { Targets } from './targets.js';

const SECTIONS = {
  throughput: 'round trips of 32 connections with 8 messages out each. More is better; processor time: less is better.',
  latency: 'round trips of one connection with one message out. Less is better.',
  'start-up': 'fresh processes, cold and warm. Less is better.',
  plugins: 'building them, calling them in one thread without a server, their sizes. Less is better.',
} as const;
type SectionName = keyof typeof SECTIONS;

const PACES = {
  full: { runs: 5, throughput: { warmupMs: 500, durationMs: 2_000 }, latency: { warmupMs: 300, durationMs: 1_500 } },
  quick: { runs: 2, throughput: { warmupMs: 150, durationMs: 450 }, latency: { warmupMs: 100, durationMs: 300 } },
} as const;

interface Options {
  readonly json: string | undefined;
  readonly quick: boolean;
  readonly only: SectionName | undefined;
  readonly runs: number;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: { json: { type: 'string' }, quick: { type: 'boolean', default: false }, only: { type: 'string' }, runs: { type: 'string' } },
  });
  const only = values.only;
  const names = Object.keys(SECTIONS);
  if (only !== undefined && !names.includes(only))
    throw new Error(`--only ${only}: there is no such section. Take one of ${names.join(', ')}.`);
  const runs = Number(values.runs ?? PACES[values.quick ? 'quick' : 'full'].runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs ${values.runs}: expected a whole number from 1.`);
  return { json: values.json, quick: values.quick, only: only as SectionName | undefined, runs };
}

async function measureAll({ quick, only, runs }: Options): Promise<Section[]> {
  const pace = PACES[quick ? 'quick' : 'full'];
  const sections: Section[] = [];
  const wanted = (name: SectionName): boolean => only === undefined || only === name;
  const add = async (name: SectionName, measure: () => Promise<Section['rows']>): Promise<void> => {
    if (wanted(name)) sections.push({ name, about: SECTIONS[name], rows: await measure() });
  };
  const targets = new Targets();
  try {
    if (only !== 'plugins') {
      const servers = await step('starting echo, proxy and gateways', () => startServers(targets));
      await add('throughput', () => throughput(targets, servers, { connections: 32, inFlight: 8, ...pace.throughput }, runs));
      await add('latency', () => latency(targets, servers, { connections: 1, inFlight: 1, ...pace.latency }, runs));
      await add('start-up', () => startUp(targets, servers.echo, runs));
    }
    await add('plugins', () => pluginCost(runs));
  } finally {
    await targets.stopAll();
  }
  return sections;
}

async function main(options: Options): Promise<void> {
  const machine = describeMachine();
  const sections = await measureAll(options);
  const settings = { quick: options.quick, runs: options.runs, payloadBytes: PAYLOAD_BYTES };
  console.log(`\n${renderReport({ machine, settings, sections })}`);
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
