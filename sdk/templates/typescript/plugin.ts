import { definePlugin, drop, notice, textOf } from '@framegate/sdk';

export const plugin = definePlugin({
  name: 'my-plugin',
  version: '0.1.0',
  description: 'Lets each client say a word a few times, and no more.',
  config: {
    type: 'object',
    properties: {
      word: { type: 'string', minLength: 1, default: 'teapot', description: 'The word that is counted.' },
      max: { type: 'integer', minimum: 0, default: 3, description: 'How often each client may say it.' },
    },
    additionalProperties: false,
  },
  capabilities: { state: ['connection'] },

  onRequest(frame, ctx) {
    if (frame.kind === 'binary') return;
    const { word, max } = ctx.config;
    const content = textOf(frame.text, { field: 'content', raw: true });
    if (content === undefined || !content.toLowerCase().includes(word.toLowerCase())) return;
    const count = ctx.state.connection.add('count');
    if (count <= max) return;
    ctx.log.info(`${word}, time ${count}`);
    return drop(`said "${word}" too often`).reply(notice(`please say "${word}" at most ${max} times`, frame.text));
  },
});
