import type { JsonValue } from '@framegate/sdk';
import { BUILTINS } from './builtins.js';
import { definitionOf } from './definitions.js';
import { JqError, JqSyntaxError, Stop } from './error.js';
import type { Filter, Scope } from './filter.js';
import { format, isFormat } from './formats.js';
import { OPERATORS } from './operators.js';
import { parseDefinition } from './parser.js';
import { get, made, remove, slice, step } from './path.js';
import { compilePatterns } from './patterns.js';
import { attempt, change, collect, firstOf, until } from './run.js';
import { type Callable, enter, hopsTo, type Names, nodeAt } from './scope.js';
import type { Definition, Node } from './syntax.js';
import { describe, isRecord, isTruthy, type JsonRecord, setMember } from './value.js';

/** The variable that the function `now` reads: whoever runs a filter says what the time is. */
export const NOW = '__now';

/** Makes a filter of what was parsed. `variables` are those that its scope has, the first one outermost. Throws JqSyntaxError for an unknown name. */
export function compile(node: Node, variables: readonly string[] = []): Filter {
  const names = variables.reduce<Names | undefined>((parent, name) => ({ parent, name: `$${name}` }), undefined);
  return new Compiler().filter(node, names);
}

/** A scope with these values, for a filter that was compiled with as many variables. */
class Compiler {
  /** Definitions in jq that have been needed, compiled once each. */
  readonly #definitions = new Map<string, { body: Filter }>();

  filter(node: Node, names: Names | undefined): Filter {
    switch (node.kind) {
      case 'identity':
        return (_scope, value, path, emit) => emit(value, path);
      case 'literal': {
        const { value: literal } = node;
        return (_scope, _value, path, emit) => emit(literal, made(path));
      }
      case 'text':
        return this.#text(node, names);
      case 'format':
        if (!isFormat(node.name)) throw new JqSyntaxError(`there is no format @${node.name}`, node.at);
        return (_scope, value, path, emit) => emit(format(node.name, value), made(path));
      case 'index':
        return this.#index(node, names);
      case 'slice':
        return this.#slice(node, names);
      case 'iterate':
        return this.#iterate(node, names);
      case 'try':
        return this.#try(node, names);
      case 'array': {
        if (node.body === undefined) return (_scope, _value, path, emit) => emit([], made(path));
        const body = this.filter(node.body, names);
        return (scope, value, path, emit) => emit(collect(body, scope, value), made(path));
      }
      case 'object':
        return this.#object(node, names);
      case 'negate': {
        const body = this.filter(node.body, names);
        return (scope, value, path, emit) =>
          body(scope, value, undefined, (number) => {
            if (typeof number !== 'number') throw new JqError(`${describe(number)} cannot be negated`);
            emit(-number, made(path));
          });
      }
      case 'pipe': {
        const left = this.filter(node.left, names);
        const right = this.filter(node.right, names);
        return (scope, value, path, emit) => left(scope, value, path, (next, at) => right(scope, next, at, emit));
      }
      case 'comma': {
        const left = this.filter(node.left, names);
        const right = this.filter(node.right, names);
        return (scope, value, path, emit) => {
          left(scope, value, path, emit);
          right(scope, value, path, emit);
        };
      }
      case 'alternative':
        return this.#alternative(node, names);
      case 'and':
      case 'or':
        return this.#logical(node, names);
      case 'operator': {
        const operator = OPERATORS[node.operator] as (left: JsonValue, right: JsonValue) => JsonValue;
        const left = this.filter(node.left, names);
        const right = this.filter(node.right, names);
        // The right operand's values are the outer loop, as in jq.
        return (scope, value, path, emit) =>
          right(scope, value, undefined, (b) => left(scope, value, undefined, (a) => emit(operator(a, b), made(path))));
      }
      case 'assign':
        return this.#assign(node, names);
      case 'if': {
        const condition = this.filter(node.condition, names);
        const then = this.filter(node.then, names);
        const otherwise = this.filter(node.otherwise, names);
        return (scope, value, path, emit) =>
          condition(scope, value, undefined, (test) => (isTruthy(test) ? then : otherwise)(scope, value, path, emit));
      }
      case 'reduce':
      case 'foreach':
        return this.#fold(node, names);
      case 'bind':
        return this.#bind(node, names);
      case 'label': {
        const body = this.filter(node.body, { parent: names, name: `*${node.name}` });
        return (scope, value, path, emit) => {
          const stop = new Stop();
          until(stop, () => body({ parent: scope, value: stop }, value, path, emit));
        };
      }
      case 'break': {
        const hops = hopsTo(names, `*${node.name}`);
        if (hops === undefined) throw new JqSyntaxError(`there is no label $${node.name} around this`, node.at);
        return (scope) => {
          throw nodeAt(scope, hops).value;
        };
      }
      case 'define': {
        const { definition } = node;
        const inner: Names = { parent: names, name: `${definition.name}/${definition.parameters.length}` };
        const body = this.#body(definition, inner);
        const rest = this.filter(node.rest, inner);
        return (scope, value, path, emit) => {
          const own: { parent: Scope | undefined; value: unknown } = { parent: scope, value: undefined };
          own.value = { body, scope: own } satisfies Callable;
          rest(own, value, path, emit);
        };
      }
      case 'call':
        return this.#call(node, names);
      case 'variable': {
        const hops = hopsTo(names, `$${node.name}`);
        if (hops === undefined) throw new JqSyntaxError(`$${node.name} is not defined`, node.at);
        return (scope, _value, path, emit) => emit(nodeAt(scope, hops).value as JsonValue, made(path));
      }
    }
  }

  #text({ format: name, parts, at }: Extract<Node, { kind: 'text' }>, names: Names | undefined): Filter {
    if (!isFormat(name)) throw new JqSyntaxError(`there is no format @${name}`, at);
    const pieces = parts.map((part) => (typeof part === 'string' ? part : this.filter(part, names)));
    const join = (scope: Scope | undefined, value: JsonValue, from: number, before: string, done: (text: string) => void): void => {
      const piece = pieces[from];
      if (piece === undefined) done(before);
      else if (typeof piece === 'string') join(scope, value, from + 1, before + piece, done);
      else piece(scope, value, undefined, (part) => join(scope, value, from + 1, before + format(name, part), done));
    };
    return (scope, value, path, emit) => join(scope, value, 0, '', (text) => emit(text, made(path)));
  }

  #index(node: Extract<Node, { kind: 'index' }>, names: Names | undefined): Filter {
    const target = this.filter(node.target, names);
    if (node.key.kind === 'literal') {
      const { value: key } = node.key;
      if (node.target.kind === 'identity') return (_scope, value, path, emit) => emit(get(value, key), step(path, key, value));
      return (scope, value, path, emit) => target(scope, value, path, (found, at) => emit(get(found, key), step(at, key, found)));
    }
    const keys = this.filter(node.key, names);
    return (scope, value, path, emit) =>
      keys(scope, value, undefined, (key) => target(scope, value, path, (found, at) => emit(get(found, key), step(at, key, found))));
  }

  #slice(node: Extract<Node, { kind: 'slice' }>, names: Names | undefined): Filter {
    const none: Filter = (_scope, _value, _path, emit) => emit(null, undefined);
    const target = this.filter(node.target, names);
    const from = node.from === undefined ? none : this.filter(node.from, names);
    const to = node.to === undefined ? none : this.filter(node.to, names);
    return (scope, value, path, emit) =>
      to(scope, value, undefined, (end) =>
        from(scope, value, undefined, (start) =>
          target(scope, value, path, (found, at) => emit(slice(found, start, end), step(at, { start, end }, found))),
        ),
      );
  }

  #iterate(node: Extract<Node, { kind: 'iterate' }>, names: Names | undefined): Filter {
    const target = this.filter(node.target, names);
    return (scope, value, path, emit) =>
      target(scope, value, path, (found, at) => {
        if (Array.isArray(found)) for (const [index, item] of found.entries()) emit(item, step(at, index, found));
        else if (isRecord(found)) for (const [key, item] of Object.entries(found)) emit(item, step(at, key, found));
        else throw new JqError(`Cannot iterate over ${found === null ? 'null' : describe(found)}`);
      });
  }

  #try(node: Extract<Node, { kind: 'try' }>, names: Names | undefined): Filter {
    const body = this.filter(node.body, names);
    const handler = node.handler === undefined ? undefined : this.filter(node.handler, names);
    return (scope, value, path, emit) => {
      const error = attempt(body, scope, value, path, emit);
      if (error !== undefined) handler?.(scope, error.value, made(path), emit);
    };
  }

  #object(node: Extract<Node, { kind: 'object' }>, names: Names | undefined): Filter {
    const entries = node.entries.map(({ key, value }) => ({ key: this.filter(key, names), value: this.filter(value, names) }));
    const fill = (
      scope: Scope | undefined,
      value: JsonValue,
      from: number,
      before: JsonRecord,
      done: (object: JsonRecord) => void,
    ): void => {
      const entry = entries[from];
      if (entry === undefined) {
        done(before);
        return;
      }
      entry.key(scope, value, undefined, (key) => {
        if (typeof key !== 'string') throw new JqError(`Object keys must be strings, not ${describe(key)}`);
        entry.value(scope, value, undefined, (item) => {
          const object = { ...before };
          setMember(object, key, item);
          fill(scope, value, from + 1, object, done);
        });
      });
    };
    return (scope, value, path, emit) => fill(scope, value, 0, {}, (object) => emit(object, made(path)));
  }

  #alternative(node: Extract<Node, { kind: 'alternative' }>, names: Names | undefined): Filter {
    const left = this.filter(node.left, names);
    const right = this.filter(node.right, names);
    return (scope, value, path, emit) => {
      let isThere = false;
      left(scope, value, path, (found, at) => {
        if (!isTruthy(found)) return;
        isThere = true;
        emit(found, at);
      });
      if (!isThere) right(scope, value, path, emit);
    };
  }

  #logical(node: Extract<Node, { kind: 'and' | 'or' }>, names: Names | undefined): Filter {
    const left = this.filter(node.left, names);
    const right = this.filter(node.right, names);
    const decisive = node.kind === 'or';
    return (scope, value, path, emit) =>
      left(scope, value, undefined, (a) => {
        if (isTruthy(a) === decisive) emit(decisive, made(path));
        else right(scope, value, undefined, (b) => emit(isTruthy(b), made(path)));
      });
  }

  #assign(node: Extract<Node, { kind: 'assign' }>, names: Names | undefined): Filter {
    const left = this.filter(node.left, names);
    const right = this.filter(node.right, names);
    if (node.operator === '|=') {
      return (scope, value, path, emit) => {
        const gone: JsonValue[][] = [];
        const changed = change(left, scope, value, (old, keys) => {
          const next = firstOf(right, scope, old);
          if (next === undefined) gone.push([...keys]);
          return next ?? old;
        });
        emit(remove(changed, gone), made(path));
      };
    }
    const combine = combinationOf(node.operator);
    return (scope, value, path, emit) =>
      right(scope, value, undefined, (operand) =>
        emit(
          change(left, scope, value, (old) => combine(old, operand)),
          made(path),
        ),
      );
  }

  #fold(node: Extract<Node, { kind: 'reduce' | 'foreach' }>, names: Names | undefined): Filter {
    const source = this.filter(node.source, names);
    const start = this.filter(node.start, names);
    const { bind, inner } = compilePatterns((inside, around) => this.filter(inside, around), node.patterns, names);
    const updateState = this.filter(node.update, inner);
    const extract = node.kind === 'foreach' ? this.filter(node.extract, inner) : undefined;
    return (scope, value, path, emit) =>
      start(scope, value, path, (initial, initialPath) => {
        let state: JsonValue = initial;
        let at = initialPath;
        source(scope, value, undefined, (item) =>
          bind(scope, value, item, (bound) => {
            const [before, beforeAt] = [state, at];
            if (extract === undefined) [state, at] = [null, made(path)];
            updateState(bound, before, beforeAt, (next, nextPath) => {
              [state, at] = [next, nextPath];
              extract?.(bound, next, nextPath, emit);
            });
          }),
        );
        if (extract === undefined) emit(state, at);
      });
  }

  #bind(node: Extract<Node, { kind: 'bind' }>, names: Names | undefined): Filter {
    const source = this.filter(node.source, names);
    const { bind, inner } = compilePatterns((inside, around) => this.filter(inside, around), node.patterns, names);
    const body = this.filter(node.body, inner);
    return (scope, value, path, emit) =>
      source(scope, value, undefined, (item) => bind(scope, value, item, (bound) => body(bound, value, path, emit)));
  }

  #call({ name, parameters, at }: Extract<Node, { kind: 'call' }>, names: Names | undefined): Filter {
    const full = `${name}/${parameters.length}`;
    const filters = parameters.map((parameter) => this.filter(parameter, names));
    const hops = hopsTo(names, full);
    if (hops === undefined && full === 'now/0') return this.filter({ kind: 'variable', name: NOW, at }, names);
    if (hops !== undefined) {
      return (scope, value, path, emit) => {
        const callable = nodeAt(scope, hops).value as Callable;
        callable.body(enter(callable.scope, filters, scope), value, path, emit);
      };
    }
    const native = BUILTINS.get(full);
    if (native !== undefined) return native(...filters);
    const definition = this.#definition(full);
    if (definition === undefined) throw new JqSyntaxError(`${full} is not defined`, at);
    return (scope, value, path, emit) => definition.body(enter(undefined, filters, scope), value, path, emit);
  }

  #definition(full: string): { readonly body: Filter } | undefined {
    const known = this.#definitions.get(full);
    if (known !== undefined) return known;
    const source = definitionOf(full);
    if (source === undefined) return undefined;
    // Known before it is compiled: it may call itself.
    const compiled: { body: Filter } = { body: () => {} };
    this.#definitions.set(full, compiled);
    compiled.body = this.#body(parseDefinition(source), undefined);
    return compiled;
  }

  /** A definition's body, to be run in a scope that {@link enter} made. A parameter with `$` is bound to each of its values in turn. */
  #body({ parameters, body }: Definition, names: Names | undefined): Filter {
    let inner = parameters.reduce<Names | undefined>((parent, parameter) => ({ parent, name: `${parameter.replace('$', '')}/0` }), names);
    const values = parameters.flatMap((parameter, index) => (parameter.startsWith('$') ? [{ name: parameter, index }] : []));
    for (const { name } of values) inner = { parent: inner, name };
    const run = this.filter(body, inner);
    if (values.length === 0) return run;
    return (scope, value, path, emit) => {
      const closures = values.map(({ index }) => nodeAt(scope, parameters.length - 1 - index).value as Callable);
      const bind = (from: number, bound: Scope | undefined): void => {
        const closure = closures[from];
        if (closure === undefined) run(bound, value, path, emit);
        else closure.body(closure.scope, value, undefined, (item) => bind(from + 1, { parent: bound, value: item }));
      };
      bind(0, scope);
    };
  }
}

function combinationOf(operator: string): (old: JsonValue, operand: JsonValue) => JsonValue {
  if (operator === '=') return (_old, operand) => operand;
  if (operator === '//=') return (old, operand) => (isTruthy(old) ? old : operand);
  return OPERATORS[operator.slice(0, -1)] as (old: JsonValue, operand: JsonValue) => JsonValue;
}
