// The functions of framegate ABI v1 (docs/abi.md, "Host functions"). Addresses are into this module's memory.

// @ts-ignore: decorator
@external("framegate:host/v1", "result_copy")
export declare function resultCopy(target: usize): void;

// @ts-ignore: decorator
@external("framegate:host/v1", "connection")
export declare function hostConnection(): i32;

// @ts-ignore: decorator
@external("framegate:host/v1", "config")
export declare function hostConfig(): i32;

// @ts-ignore: decorator
@external("framegate:host/v1", "now")
export declare function hostNow(): f64;

// @ts-ignore: decorator
@external("framegate:host/v1", "log")
export declare function hostLog(level: i32, address: usize, length: i32): void;

// @ts-ignore: decorator
@external("framegate:host/v1", "fail")
export declare function hostFail(address: usize, length: i32): void;

// @ts-ignore: decorator
@external("framegate:host/v1", "state_get")
export declare function stateGet(scope: i32, key: usize, keyLength: i32): i32;

// @ts-ignore: decorator
@external("framegate:host/v1", "state_set")
export declare function stateSet(scope: i32, key: usize, keyLength: i32, value: usize, valueLength: i32, ttl: f64): i32;

// @ts-ignore: decorator
@external("framegate:host/v1", "state_delete")
export declare function stateDelete(scope: i32, key: usize, keyLength: i32): i32;

// @ts-ignore: decorator
@external("framegate:host/v1", "state_add")
export declare function stateAdd(scope: i32, key: usize, keyLength: i32, delta: f64, ttl: f64): f64;

// @ts-ignore: decorator
@external("framegate:host/v1", "state_ttl")
export declare function stateTtl(scope: i32, key: usize, keyLength: i32): f64;

// @ts-ignore: decorator
@external("framegate:host/v1", "migration_next")
export declare function migrationNext(): i32;

// @ts-ignore: decorator
@external("framegate:host/v1", "migration_owner")
export declare function migrationOwner(scope: i32, owner: usize, ownerLength: i32): i32;
