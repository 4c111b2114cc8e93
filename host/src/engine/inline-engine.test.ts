import { engineContract } from '../../../test/contract/engine-contract.js';
import { InlineEngine } from './inline-engine.js';

engineContract('InlineEngine, direct runtime', (setup) => new InlineEngine(setup));
engineContract('InlineEngine, extism runtime', (setup) => new InlineEngine({ ...setup, runtime: 'extism' }));
