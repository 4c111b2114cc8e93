import type { Context, State } from '@framegate/sdk';

/** Who shares a limit. */
export const SUBJECTS = ['connection', 'user', 'room', 'address', 'everybody'] as const;
export type Subject = (typeof SUBJECTS)[number];

/** Where the plugin remembers something about the sender of this frame, or about those that it shares a limit with. */
export function memoryOf(subject: Subject, ctx: Context<unknown, unknown>): { readonly state: State; readonly prefix: string } {
  switch (subject) {
    case 'connection':
      return { state: ctx.state.connection, prefix: '' };
    case 'user':
      return { state: ctx.state.user, prefix: '' };
    case 'room':
      return { state: ctx.state.room, prefix: '' };
    case 'address':
      return { state: ctx.state, prefix: `address:${ctx.connection.remoteAddress}:` };
    case 'everybody':
      return { state: ctx.state, prefix: 'everybody:' };
  }
}
