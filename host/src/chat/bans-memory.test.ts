import { banStoreContract } from '../../../test/contract/ban-store-contract.js';
import { BansMemory } from './bans-memory.js';

banStoreContract('memory', async (max) => new BansMemory(max));
