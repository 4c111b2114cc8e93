export { type LoadOptions, type LogLine, loadPlugin, type TestPlugin } from './load-plugin.js';
export { type MeasureOptions, measurePlugin, type PluginMeasure, type VerdictCounts } from './measure-plugin.js';
export {
  type ReplayDifference,
  type ReplayedModule,
  type ReplayOptions,
  type ReplayReport,
  replayRecording,
} from './replay-recording.js';
export type { ClientOptions, TestClient } from './test-client.js';
export type { TestClock } from './test-clock.js';
export type { TestRequest, TestResponse, TestServer } from './test-http.js';
export type { TestState } from './test-state.js';
export { PluginFaultError, TestVerdict } from './test-verdict.js';
export { type VerifyCheck, type VerifyOptions, type VerifyReport, verifyPlugin } from './verify-plugin.js';
