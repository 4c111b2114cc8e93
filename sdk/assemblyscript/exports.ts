import './abort';
import { io, reserve } from './io';

// What every module of framegate ABI v1 exports beside its hooks; `framegate build` adds it.

export function framegate_io(): usize {
  return io;
}

export function framegate_reserve(length: i32): usize {
  return reserve(length);
}
