import { versionStoreContract } from '../../../test/contract/version-store-contract.js';
import { MemoryVersionStore } from './version-store-memory.js';

versionStoreContract('memory', async () => new MemoryVersionStore());
