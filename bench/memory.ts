import { idleConnections } from './idle-connections.js';
import { rssSlopes } from './rss-slope.js';
import type { BenchSection } from './section.js';

/** What a frame leaves behind, and what a connection that says nothing costs. */
export const memory: BenchSection = {
  name: 'memory',
  about: 'what a frame leaves behind (0 within the spread: nothing), and what an idle connection takes. Less is better.',
  async measure(bench) {
    return [...(await rssSlopes(bench)), ...(await idleConnections(bench))];
  },
};
