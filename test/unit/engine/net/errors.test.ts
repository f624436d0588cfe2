import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../../src/engine/errors.js';
import { mapNetError } from '../../../../src/engine/net/errors.js';

const failure = (code: string) => Object.assign(new Error(`${code} happened`), { code });

describe('mapNetError', () => {
  it.each([
    ['EADDRINUSE', 'ERR_NET_ADDRESS_IN_USE'],
    ['EADDRNOTAVAIL', 'ERR_NET_ADDRESS'],
    ['EACCES', 'ERR_NET_ADDRESS'],
    ['EAFNOSUPPORT', 'ERR_NET_ADDRESS'],
    ['EINVAL', 'ERR_NET_ADDRESS'],
    ['ENOTFOUND', 'ERR_NET_ADDRESS'],
    ['ECONNREFUSED', 'ERR_NET_REFUSED'],
    ['ECONNRESET', 'ERR_NET_RESET'],
    ['EPIPE', 'ERR_NET_RESET'],
    ['ECONNABORTED', 'ERR_NET_RESET'],
    ['ETIMEDOUT', 'ERR_NET_TIMEOUT'],
    ['EHOSTUNREACH', 'ERR_NET_FAILED'],
  ])('%s becomes %s', (osCode, code) => {
    const cause = failure(osCode);
    const error = mapNetError(cause, 'connection');
    expect(error).toMatchObject({
      code,
      facts: { osCode },
      cause,
      message: `connection: ${osCode} happened`,
    });
  });

  it('leaves our own errors alone, and takes anything', () => {
    const own = new MillraceError('ERR_CLOSED', 'closed');
    expect(mapNetError(own, 'connection')).toBe(own);
    for (const odd of [undefined, null, 'text', 5])
      expect(mapNetError(odd, 'x')).toMatchObject({ code: 'ERR_NET_FAILED', facts: { osCode: 'unknown' } });
  });
});
