import { describe, expect, it } from 'vitest';
import { renderMarkdown, renderReport } from './report.js';
import { compared, measured, withBar } from './rows.js';

const machine = { cpu: 'Example CPU', cores: 2, memoryGiB: 7.8, kernel: 'linux x64 6.1', node: '20.20.2', v8: '11.3', loadBefore: 0.1 };
const settings = { quick: false, runs: 2, payloadBytes: 140 };

describe('renderReport', () => {
  it('prints a line for each row, with the ratio and its spread', () => {
    const rows = [compared('throughput: gateway', 'round trips/s', [30_000, 20_000], [60_000, 50_000])];
    const text = renderReport({ machine, settings, sections: [{ name: 'throughput', about: 'more is better.', rows }] });
    expect(text).toContain('throughput: more is better.');
    expect(text).toMatch(/throughput: gateway +25,000\/s +55,000\/s +× 0\.45 +× 0\.40 … × 0\.50 +2$/m);
  });

  it('leaves the peer away where there is none', () => {
    const text = renderReport({
      machine,
      settings,
      sections: [{ name: 'sizes', about: 'less is better.', rows: [measured('size', 'bytes', [810_123])] }],
    });
    expect(text).not.toContain('peer');
    expect(text).toMatch(/size +810,123 bytes +1$/m);
  });

  it('warns when the machine was not idle', () => {
    expect(renderReport({ machine, settings, sections: [] })).not.toContain('busy');
    expect(renderReport({ machine: { ...machine, loadBefore: 1.5 }, settings, sections: [] })).toContain('do not quote this run');
  });
});

describe('bars', () => {
  const rows = [
    withBar(compared('echo', 'calls/s', [1000], [100]), { atLeast: 8 }),
    withBar(measured('RSS a frame', 'bytes/frame', [12.5]), { atMost: 4 }),
    measured('worst', 'ms', [3]),
  ];
  const report = { machine, settings, sections: [{ name: 'engine', about: 'more is better.', rows }] };

  it('says of each row whether it reaches its bar', () => {
    const text = renderReport(report);
    expect(text).toMatch(/echo .*≥ × 8 ✓$/m);
    expect(text).toMatch(/RSS a frame .*≤ 4\.00 bytes\/frame ✗$/m);
    expect(text).toMatch(/worst .*1$/m);
  });

  it('prints the same as Markdown tables', () => {
    const text = renderMarkdown(report);
    expect(text).toContain('### engine\n\nmore is better.\n\n|  | ours | peer | ratio |');
    expect(text).toContain('| echo | 1,000/s | 100/s | × 10.00 |  | 1 | ≥ × 8 ✓ |');
  });
});
