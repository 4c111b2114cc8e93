import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../config/route-schema.js';
import { meterLog } from './log-meter.js';

describe('the log meter', () => {
  it('takes so many lines a second, says when it leaves lines out, and how many they were', () => {
    const seen: string[] = [];
    let time = 0;
    const { log } = meterLog(
      { log: (_plugin, level, message) => seen.push(`${level} ${message}`) },
      { ...DEFAULT_LIMITS, logLines: 2 },
      () => time,
    );
    const say = (...lines: string[]) => {
      for (const line of lines) log('p', 'info', line, 'c');
      return seen.splice(0);
    };
    expect(say('1', '2', '3', '4', '5')).toEqual([
      'info 1',
      'info 2',
      'warn more than 2 lines in a second (limits.logLines): what follows is suppressed',
    ]);
    time = 999;
    expect(say('6')).toEqual([]);
    time = 1000;
    expect(say('7')).toEqual(['warn 4 lines suppressed; see limits.logLines', 'info 7']);
    time = 5000;
    expect(say('8')).toEqual(['info 8']);
  });

  it('hands on no line where none is allowed, but that it does so', () => {
    const seen: string[] = [];
    const { log } = meterLog({ log: (_plugin, _level, message) => seen.push(message) }, { ...DEFAULT_LIMITS, logLines: 0 }, () => 0);
    for (const line of ['1', '2']) log('p', 'info', line, '');
    expect(seen).toEqual([expect.stringContaining('limits.logLines')]);
  });
});
