import type { StateScope } from '@framegate/sdk/abi';
import type { ConnectionContext } from '../pipeline/connection-context.js';
import type { StateKey } from '../state/state-store.js';
import type { PluginSpec } from './engine.js';
import { type ShardBy, shardBy, shardOf, spread, stateScopes } from './shard.js';

/** How the frames of some chains are spread over the workers. */
export interface Partition {
  readonly by: ShardBy;
  /** The one worker, if all frames meet in one. */
  readonly home: number;
}

/** A memory that several connections may share. */
export interface StateDomain {
  readonly plugin: string;
  readonly scope: StateScope;
}

/** What placing some plugins means, before it is done. */
export interface PlacementPlan {
  readonly partition: Partition;
  /** Chains that are spread in another way from then on: nothing of theirs may be under way at that moment. */
  readonly moved: readonly number[];
  readonly group: PlacementGroup;
}

interface PlacementGroup {
  readonly members: Set<number>;
  readonly domains: Map<string, StateDomain>;
  readonly scopes: Set<StateScope>;
  readonly partition: Partition;
}

/** A scope is one word. */
export const domainId = ({ plugin, scope }: StateDomain): string => `${scope} ${plugin}`;

/**
 * Which worker runs what. State belongs to a plugin's name, whatever route it stands in, so chains that share a room's, a user's or a
 * plugin's memory are spread in the same way: by the coarsest that any of them needs. Nothing is ever spread more finely again.
 */
export class Placement {
  readonly #workers: number;
  readonly #groups = new Map<number, PlacementGroup>();
  readonly #byDomain = new Map<string, PlacementGroup>();

  constructor(workers: number) {
    this.#workers = workers;
  }

  /** Where a chain of these plugins would run. Holds until the next `commit` or `remove`. */
  plan(chain: number, plugins: readonly PluginSpec[]): PlacementPlan {
    const group = { members: new Set([chain]), domains: new Map<string, StateDomain>(), scopes: new Set<StateScope>() };
    for (const plugin of plugins) {
      for (const scope of stateScopes(plugin)) {
        group.scopes.add(scope);
        if (scope === 'connection') continue;
        const domain = { plugin: plugin.name, scope };
        group.domains.set(domainId(domain), domain);
      }
    }
    const joined = new Set<PlacementGroup>();
    for (const id of group.domains.keys()) {
      const known = this.#byDomain.get(id);
      if (known !== undefined) joined.add(known);
    }
    for (const other of joined) {
      for (const member of other.members) group.members.add(member);
      for (const [id, domain] of other.domains) group.domains.set(id, domain);
      for (const scope of other.scopes) group.scopes.add(scope);
    }
    const partition = this.#partition(shardBy(group.scopes), joined);
    const moved = [...joined].filter((other) => !isSame(other.partition, partition)).flatMap((other) => [...other.members]);
    return { partition, moved, group: { ...group, partition } };
  }

  commit({ group }: PlacementPlan): void {
    for (const member of group.members) this.#groups.set(member, group);
    for (const id of group.domains.keys()) this.#byDomain.set(id, group);
  }

  /** Returns the memories that no chain uses any more. */
  remove(chain: number): Iterable<StateDomain> {
    const group = this.#groups.get(chain);
    this.#groups.delete(chain);
    group?.members.delete(chain);
    if (group === undefined || group.members.size > 0) return [];
    for (const id of group.domains.keys()) this.#byDomain.delete(id);
    return group.domains.values();
  }

  /** Every memory that a chain uses. */
  *domains(): Iterable<StateDomain> {
    for (const [id, group] of this.#byDomain) {
      const domain = group.domains.get(id);
      if (domain !== undefined) yield domain;
    }
  }

  /** The worker for a connection's next frame. */
  workerFor({ by, home }: Partition, context: ConnectionContext): number {
    return by === 'chain' ? home : shardOf(by, context, this.#workers);
  }

  /** The chain's partition as of now. */
  partition(chain: number): Partition {
    const group = this.#groups.get(chain);
    if (group === undefined) throw new RangeError(`chain ${chain} has no place`);
    return group.partition;
  }

  /** Whether frames of this chain can come to that worker. */
  runsOn(chain: number, worker: number): boolean {
    const partition = this.#groups.get(chain)?.partition;
    return partition !== undefined && mayRunOn(partition, worker);
  }

  /** The worker that has this memory; none if no chain uses it, or if it is a connection's, which has it wherever its frames run. */
  ownerOf(key: StateKey): number | undefined {
    const partition = this.#byDomain.get(domainId(key))?.partition;
    if (partition === undefined) return undefined;
    return partition.by === 'chain' ? partition.home : spread(key.owner, this.#workers);
  }

  #partition(by: ShardBy, joined: Iterable<PlacementGroup>): Partition {
    if (by !== 'chain') return { by, home: 0 };
    for (const { partition } of joined) if (partition.by === 'chain') return partition;
    return { by, home: this.#emptiest() };
  }

  /** A guest that hangs holds up whatever shares its worker: chains that each need one get different ones, as long as there are any. */
  #emptiest(): number {
    const chains = Array.from({ length: this.#workers }, () => 0);
    for (const { partition } of this.#groups.values()) {
      if (partition.by === 'chain') chains[partition.home] = (chains[partition.home] ?? 0) + 1;
    }
    return chains.indexOf(Math.min(...chains));
  }
}

export function mayRunOn({ by, home }: Partition, worker: number): boolean {
  return by !== 'chain' || home === worker;
}

function isSame(a: Partition, b: Partition): boolean {
  return a.by === b.by && a.home === b.home;
}
