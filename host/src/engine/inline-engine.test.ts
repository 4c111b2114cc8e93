import { engineContract } from '../../../test/contract/engine-contract.js';
import { httpContract } from '../../../test/contract/http-contract.js';
import { InlineEngine } from './inline-engine.js';

engineContract('InlineEngine, direct runtime', (setup) => new InlineEngine(setup));
engineContract('InlineEngine, extism runtime', (setup) => new InlineEngine({ ...setup, runtime: 'extism' }));

httpContract('InlineEngine, direct runtime', (setup) => new InlineEngine(setup));
httpContract('InlineEngine, extism runtime', (setup) => new InlineEngine({ ...setup, runtime: 'extism' }));
