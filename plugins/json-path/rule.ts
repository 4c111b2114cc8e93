import type { JsonValue } from '@framegate/sdk';
import { holds } from './holds.js';
import { type Operator, parseOperator } from './operator.js';
import { compilePath, type Path } from './path.js';

interface Condition {
  readonly path: string;
  readonly value: JsonValue;
}

export interface RuleConfig extends Condition {
  readonly when?: Condition;
  readonly absent: 'invalid' | 'valid';
  readonly directions: readonly ('request' | 'response')[];
  readonly error: string;
}

/** A rule whose paths and operators are compiled. */
export interface Rule {
  readonly config: RuleConfig;
  readonly check: Check;
  readonly when: Check | undefined;
}

interface Check {
  readonly find: Path;
  readonly operator: Operator;
}

/** Throws TypeError that names the rule's place and what is wrong there. */
export function compileRule(config: RuleConfig, place: string): Rule {
  return {
    config,
    check: compile(config, place),
    when: config.when === undefined ? undefined : compile(config.when, `${place}.when`),
  };
}

function compile({ path, value }: Condition, place: string): Check {
  return {
    find: at(`${place}.path`, () => compilePath(path), `${JSON.stringify(path)} is no JSON path (RFC 9535): `),
    operator: at(`${place}.value`, () => parseOperator(value)),
  };
}

function at<T>(place: string, run: () => T, what = ''): T {
  try {
    return run();
  } catch (error) {
    throw new TypeError(`${place}: ${what}${(error as Error).message}`);
  }
}

/** Whether a document keeps the rule. */
export function keeps(rule: Rule, document: JsonValue): boolean {
  const { check, when, config } = rule;
  if (when !== undefined && !holds(when.operator, when.find(document))) return true;
  const value = check.find(document);
  if (value === undefined && config.absent === 'valid') return true;
  return holds(check.operator, value);
}
