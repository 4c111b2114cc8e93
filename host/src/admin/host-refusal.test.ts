import { expect, it } from 'vitest';
import { HostError } from '../errors.js';
import { refuse } from './host-refusal.js';

it.each([
  ['It asks for more: granted none', 'It asks for more: granted none. Grant it.'],
  ['The file is not there.', 'The file is not there. Grant it.'],
  ['marc: unknown key; did you mean "mark"?', 'marc: unknown key; did you mean "mark"? Grant it.'],
  ['Not valid:\n  "a": ,\n       ^', 'Not valid:\n  "a": ,\n       ^\nGrant it.'],
])('says what is wrong and what to do as sentences of their own: %j', (message, said) => {
  expect(() => refuse(new HostError('PLUGIN_NOT_GRANTED', message, { hint: 'Grant it.' }))).toThrow(
    expect.objectContaining({ status: 409, code: 'PLUGIN_NOT_GRANTED', message: said }),
  );
});
