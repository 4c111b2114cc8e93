#!/usr/bin/env node
// `npm create framegate my-plugin -- --lang assemblyscript` is `framegate new my-plugin --lang assemblyscript`.
process.argv.splice(2, 0, 'new');
await import('@framegate/sdk/cli');
