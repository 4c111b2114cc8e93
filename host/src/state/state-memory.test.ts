import { stateStoreContract } from '../../../test/contract/state-store-contract.js';
import { StateMemoryStore } from './state-memory.js';

stateStoreContract('memory', async () => ({ store: new StateMemoryStore(), close: async () => {} }));
