import { describe, expect, it } from 'vitest';
import { Redactor } from '../../../../src/daemon/log/redact.js';

const redact = (text: string) => new Redactor().text(text);

describe('a text', () => {
  it.each([
    [
      'announce to https://t.example:443/a1b2c3/announce?passkey=s3cr3t failed',
      'https://t.example:443/***/announce?passkey=***',
    ],
    ['udp://t.example:80/s3cr3t', 'udp://t.example:80/***'],
    ['(http://user:s3cr3t@t.example/announce)', 'http://***@t.example/***'],
    ['"http://t.example/s3cr3t","http://u.example/s3cr3t"', 'http://t.example/***'],
    ['proxy socks5://user:s3cr3t@10.0.0.1:1080 is gone', 'socks5://***@10.0.0.1:1080'],
    [`http://t.example/${'s3cr3t'.repeat(1000)}`, '(not a tracker URL)'],
    [
      'magnet:?xt=urn:btih:abc123&dn=s3cr3t&tr=http%3A%2F%2Ft.example%2Fs3cr3t',
      'magnet:?xt=urn:btih:abc123&***',
    ],
    ['GET /?u=https%3a%2f%2ft.example%2fs3cr3t&x=1', 'GET /?u=***&x=1'],
    ['Authorization: Basic dXNlcjpzM2NyM3Q=', 'Authorization: ***'],
    ['sent Bearer s3cr3t-s3cr3t', 'Bearer ***'],
    ['{"rpc-password": "s3cr3t word", "a": 1}', '"rpc-password": ***, "a": 1'],
    ['{\\"password\\":\\"s3cr3t\\"}', '***'],
    ['MILLRACE_RPC_PASSWORD=s3cr3t', 'MILLRACE_RPC_PASSWORD=***'],
    ['daemon --rpc-password s3cr3t --port 1', 'daemon --rpc-password *** --port 1'],
    ['X-Transmission-Session-Id: s3cr3ts3cr3t', 'X-Transmission-Session-Id: ***'],
    ['Cookie: sid=s3cr3t', 'Cookie: ***'],
    ['unknown passkey 0123456789abcdef0123456789abcdef', 'unknown passkey ***'],
  ])('%j loses its secrets', (text, part) => {
    expect(redact(text)).toContain(part);
    expect(redact(text)).not.toMatch(/s3cr3t|dXNlcj|a1b2c3|0123456789abcdef/);
  });

  it.each([
    'a1a2a3a4a5a6a7a8a9a0a1a2a3a4a5a6a7a8a9a0 is complete',
    'ten wrong passwords from 10.0.0.1',
    'at run (file:///srv/millrace/dist/cli/main.js:10:5)',
    'listens at 0.0.0.0:6881, RPC at [::1]:9091',
    'the token bucket is empty',
  ])('%j has none', text => {
    expect(redact(text)).toBe(text);
  });

  it('loses what it is told to lose, whole, in whatever form', () => {
    const redactor = new Redactor();
    for (const secret of ['hunter2', 'hunter2 & "söns"', 'abc']) redactor.hide(secret);
    expect(redactor.text('a hunter2 b hunter2 & "söns" c')).toBe('a *** b *** c');
    expect(redactor.text(`x ${encodeURIComponent('hunter2 & "söns"')} y`)).toBe('x *** y');
    expect(redactor.text(JSON.stringify('hunter2 & "söns"'))).toBe('"***"');
    expect(redactor.text('abc')).toBe('abc'); // too short to be told from a word
  });

  it('is cut when it is long', () => {
    expect(redact('x'.repeat(1e6))).toHaveLength(8003);
  });
});

it('fields lose them at any depth, by name or by look', () => {
  const value = {
    rpc: { password: 's3cr3t', user: 'me', sessionId: 12, cookie: ['a'], token: null },
    trackers: [{ 'http://t.example/s3cr3t/announce': ['udp://t.example:1/s3cr3t'] }],
    count: 3,
    ok: true,
  };
  expect(new Redactor().value(value)).toEqual({
    rpc: { password: '***', user: 'me', sessionId: '***', cookie: '***', token: null },
    trackers: [{ 'http://t.example/***/announce': ['udp://t.example:1/***'] }],
    count: 3,
    ok: true,
  });
});
