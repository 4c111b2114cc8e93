// Prints "N passed, N failed" from vitest's JSON report. A skipped test counts as failed where skips are forbidden.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const skipped = report.numPendingTests + report.numTodoTests;
if (skipped > 0) {
  console.error(`${skipped} tests were skipped, and skips are forbidden here:`);
  for (const file of report.testResults) {
    for (const test of file.assertionResults)
      if (test.status !== 'passed' && test.status !== 'failed') console.error(`  ${file.name}: ${test.fullName}`);
  }
}
const failedFiles = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
const failed = report.numFailedTests + failedFiles + skipped;
process.exitCode = failed > 0 || report.numPassedTests === 0 ? 1 : 0;
console.log(`${report.numPassedTests} passed, ${failed} failed`);
