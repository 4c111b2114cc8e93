import { definePlugin, drop } from '@framegate/sdk';

/** Keeps everything for ever: a leak. */
const hoard: string[] = [];

/** Counts frames in state and in its own memory; a frame becomes nothing, and both counts go back to its sender. */
export const plugin = definePlugin({
  name: 'hoarder',
  version: '1.0.0',
  capabilities: { state: ['plugin'] },
  onRequest(frame, ctx) {
    hoard.push(`${hoard.length} `.repeat(20_000));
    const seen = ctx.state.add('seen', 1);
    return drop('counted').reply(`${seen} ${hoard.length} ${frame.kind}`);
  },
});
