import type { LogLevel } from '@framegate/sdk/abi';

/** What the host gives to a running plugin besides its frames and its state. */
export interface PluginServices {
  /** One line that a plugin logged. `connection` is the connection's id; '' outside of a call. */
  log(plugin: string, level: LogLevel, message: string, connection: string): void;
  /** Does something in the next pause between frames. Absent: it is done when a call needs it. */
  later?(chore: Chore): void;
  /** Milliseconds since the epoch, outside of a call. Absent: the system's clock. */
  now?(): number;
  /** Fills what the guest asked for. Absent: with the system's random bytes. */
  random?(bytes: Uint8Array): void;
}

export type Chore = () => void | Promise<void>;
