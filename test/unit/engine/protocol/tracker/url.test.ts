import { describe, expect, it } from 'vitest';
import { isMillraceError } from '../../../../../src/engine/errors.js';
import { parseTrackerUrl, redactUrl, scrapeUrl } from '../../../../../src/engine/protocol/tracker/url.js';

describe('parseTrackerUrl', () => {
  it.each([
    ['http://t.example/announce', { scheme: 'http', host: 't.example', port: 80, target: '/announce' }],
    ['HTTPS://T.example', { scheme: 'https', host: 't.example', port: 443, target: '' }],
    ['udp://t.example:6969/a?b=c#d', { scheme: 'udp', host: 't.example', port: 6969, target: '/a?b=c' }],
    ['udp://[2001:db8::1]:1?x', { scheme: 'udp', host: '2001:db8::1', port: 1, target: '?x' }],
    ['http://user:pass@t/announce', { scheme: 'http', host: 't', port: 80, target: '/announce' }],
  ])('%s', (url, parts) => {
    expect(parseTrackerUrl(url)).toEqual(parts);
  });

  it.each([
    ['no scheme', 'secret/announce'],
    ['no UDP port', 'udp://secret/announce'],
    ['port 0', 'udp://secret:0'],
    ['port 65536', 'http://secret:65536/'],
    ['another scheme', 'wss://secret/'],
    ['a file', 'file:///secret'],
    ['a line break', 'http://secret/a\r\nHost: b'],
    ['a space', 'http://secret/a b'],
    ['a NUL', 'http://secret/\0'],
    ['no host', 'http:///secret'],
    ['too long', `http://secret/${'a'.repeat(4096)}`],
  ])('refuses %s without repeating the URL', (_why, url) => {
    try {
      parseTrackerUrl(url);
      expect.unreachable();
    } catch (error) {
      expect(isMillraceError(error, 'ERR_TRACKER_URL')).toBe(true);
      expect(JSON.stringify([String(error), (error as { facts?: unknown }).facts])).not.toContain('secret');
    }
  });
});

describe('redactUrl', () => {
  it.each([
    ['http://t.example:80/announce', 'http://t.example:80/announce'],
    ['https://t/0123456789abcdef/announce', 'https://t/***/announce'],
    ['http://t/announce.php?passkey=abc&x&uid=7', 'http://t/announce.php?passkey=***&***&uid=***'],
    ['http://me:pw@t/x/y/', 'http://***@t/***/***/'],
    ['udp://[::1]:9?key=1', 'udp://[::1]:9?key=***'],
    ['http://t/announce/abc', 'http://t/announce/***'],
    ['http://t/#abc', 'http://t/'],
    ['abc', '(not a tracker URL)'],
  ])('%s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown);
  });
});

describe('scrapeUrl', () => {
  it.each([
    ['http://t/a', undefined],
    ['http://t/announce/x', undefined],
    ['http://t/x?y=/announce', undefined],
    ['http://announce.t/announce?x=announce/announce', 'http://announce.t/scrape?x=announce/announce'],
    ['http://t/x%064announce', undefined],
    ['http://announce', undefined],
  ])('%s', (url, scrape) => {
    expect(scrapeUrl(url)).toBe(scrape);
  });
});
