import { expect, it } from 'vitest';
import { formatLogLine } from '../../../src/values/log-facts.js';

it('tells an error with a code by its message, and the code where that is not in it', () => {
  const err = { type: 'Error', message: 'getaddrinfo ENOTFOUND a', code: 'ENOTFOUND', stack: 'Error: at' };
  expect(formatLogLine('not found', { err, node: 'a:1' })).toBe(
    'not found err="getaddrinfo ENOTFOUND a" node="a:1"',
  );
  expect(formatLogLine('no', { err: { ...err, code: 'ERR_NET_ADDRESS' } })).toBe(
    'no err="getaddrinfo ENOTFOUND a (ERR_NET_ADDRESS)"',
  );
});

it('tells a defect with its stack, in one line', () => {
  const err = { type: 'TypeError', message: 'x is not a function', stack: 'TypeError: x\n    at y' };
  const line = formatLogLine('failed', { err });
  expect(line).toContain('at y');
  expect(line).not.toContain('\n');
});
