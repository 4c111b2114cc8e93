import { guardContract } from '../../../../test/contract/guard-contract.js';
import { pluginRuntimeContract } from '../../../../test/contract/plugin-runtime-contract.js';
import { instantiatePlugin } from './instantiate-plugin.js';

pluginRuntimeContract('direct', (spec, services) => instantiatePlugin(spec, 'direct', services));
pluginRuntimeContract('extism', (spec, services) => instantiatePlugin(spec, 'extism', services));
guardContract('direct', (spec, services) => instantiatePlugin(spec, 'direct', services));
guardContract('extism', (spec, services) => instantiatePlugin(spec, 'extism', services));
