import { expect, it } from 'vitest';
import { lookupPublic } from '../../../../src/engine/discovery/local-address.js';

it.each([true, false])('a name that leads to this machine does not resolve (all: %s)', async all => {
  const error = await new Promise(resolve => lookupPublic('localhost', { all }, resolve));
  expect(error).toMatchObject({ code: 'ERR_TRACKER_UNREACHABLE', facts: { reason: 'local address' } });
});
