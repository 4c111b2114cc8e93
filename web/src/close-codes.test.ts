import { expect, it } from 'vitest';
import { closeWords, mayReconnect } from './close-codes.js';

it.each([1001, 1005, 1006, 1011, 1012, 1013, 1014, 3000])('comes back after %i', (code) => {
  expect(mayReconnect(code)).toBe(true);
});

it.each([1000, 1003, 1007, 1008, 1009])('stays away after %i', (code) => {
  expect(mayReconnect(code)).toBe(false);
});

it('adds the server’s reason where it says more than the code', () => {
  expect(closeWords(1008, 'failed to validate message')).toBe(
    'The server refused a message and closed the connection: failed to validate message.',
  );
  expect(closeWords(4321, '')).toBe('The connection was closed with code 4321.');
  expect(closeWords(1001, 'server is draining')).toBe('The server is restarting.');
});
