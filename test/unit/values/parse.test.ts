import { describe, expect, it } from 'vitest';
import {
  parseAddress,
  parseBytes,
  parseCount,
  parseDuration,
  parsePort,
  parseRange,
  parseRate,
  parseRates,
  parseShare,
  parseTrackerUrl,
  parseVirtualDuration,
} from '../../../src/values/parse.js';

describe('parseBytes', () => {
  it.each([
    ['0', 0],
    ['65536', 65536],
    ['12B', 12],
    ['256KiB', 262144],
    ['1.5GiB', 1610612736],
    ['10MB', 10_000_000],
    ['10 MB', 10_000_000],
    ['2kB', 2000],
    ['1TiB', 2 ** 40],
    [' 16KiB ', 16384],
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each([
    ['', 'is not a size'],
    ['-1', 'is not a size'],
    ['1e9', 'is not a size|unknown unit'],
    ['KiB', 'is not a size'],
    ['1,5MB', 'is not a size'],
    ['10MB/s', 'is not a size'],
    ['10X', 'unknown unit'],
    ['10iB', 'unknown unit'],
    ['10K', 'unknown unit'],
    ['10Mb', 'bits'],
    ['9007199254740993', 'is not a size'],
    ['99999999TiB', 'too large'],
  ])('refuses %j', (text, reason) => {
    expect(() => parseBytes(text)).toThrow(RangeError);
    expect(() => parseBytes(text)).toThrow(new RegExp(reason));
  });
});

describe('parseRate', () => {
  it('takes a size with or without /s', () => {
    expect(parseRate('10MB/s')).toBe(10_000_000);
    expect(parseRate('256KiB/S')).toBe(262144);
    expect(parseRate('0')).toBe(0);
  });

  it('refuses bits and other spans of time', () => {
    expect(() => parseRate('10Mb/s')).toThrow(/bits/);
    expect(() => parseRate('10MB/h')).toThrow(/is not a size/);
  });
});

describe('parseRates', () => {
  it('takes one rate or a list', () => {
    expect(parseRates('10MB/s')).toEqual([10_000_000]);
    expect(parseRates('1KiB/s, 0,5')).toEqual([1024, 0, 5]);
  });

  it.each(['', '1MB,', ',1MB', '1MB;2MB'])('refuses %j', text => {
    expect(() => parseRates(text)).toThrow(RangeError);
  });
});

describe('parseRange', () => {
  it('takes two numbers', () => {
    expect(parseRange('1..1000', 1, 1000)).toEqual({ from: 1, to: 1000 });
    expect(parseRange('7..7', 1, 1000)).toEqual({ from: 7, to: 7 });
  });

  it.each(['', '5', '1..', '..5', '1...5', '1..2..3', '1-5', '5..1', '0..5', '1..1001', '1.5..3'])(
    'refuses %j',
    text => {
      expect(() => parseRange(text, 1, 1000)).toThrow(RangeError);
    },
  );
});

describe('parseVirtualDuration', () => {
  it('has no timer that ends it', () => {
    expect(parseVirtualDuration('60d')).toBe(60 * 86_400_000);
    expect(() => parseDuration('60d')).toThrow('at most 24d');
    expect(() => parseVirtualDuration('soon')).toThrow(RangeError);
  });
});

describe('parseShare', () => {
  it.each([
    ['20%', 0.2],
    ['12.5 %', 0.125],
    ['0.2', 0.2],
    ['100%', 1],
    ['0', 0],
  ])('%s is %d', (text, share) => {
    expect(parseShare(text)).toBe(share);
  });

  it.each(['', '50', '101%', '-1%', '%', 'half', '1e-1'])('refuses %j', text => {
    expect(() => parseShare(text)).toThrow(RangeError);
  });
});

describe('parseDuration', () => {
  it.each([
    ['60', 60_000],
    ['60s', 60_000],
    ['1.5h', 5_400_000],
    ['10m', 600_000],
    ['10min', 600_000],
    ['2d', 172_800_000],
    ['500ms', 500],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', 'soon', '-5s', '5 weeks', '25d'])('refuses %j', text => {
    expect(() => parseDuration(text)).toThrow(RangeError);
  });
});

describe('parseCount and parsePort', () => {
  it('takes whole numbers within bounds', () => {
    expect(parseCount('4', 1, 4)).toBe(4);
    expect(parsePort('0')).toBe(0);
    expect(parsePort('65535')).toBe(65535);
  });

  it.each(['5', '0', '1.5', '-1', '0x2', '', '1e0'])('refuses %j for 1 to 4', text => {
    expect(() => parseCount(text, 1, 4)).toThrow('is not a whole number from 1 to 4');
  });
});

describe('parseAddress', () => {
  it.each([
    ['192.0.2.7:6881', '192.0.2.7', 6881],
    ['[2001:db8::1]:80', '2001:db8::1', 80],
    ['[fe80::1%eth0]:80', 'fe80::1%eth0', 80],
    ['peer.example:1', 'peer.example', 1],
  ])('%s', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
  });

  it.each(['192.0.2.7', '192.0.2.7:0', '192.0.2.7:65536', '2001:db8::1:80', ':80', 'a b:80', 'http://a:80'])(
    'refuses %j',
    text => {
      expect(() => parseAddress(text)).toThrow(/is not an address/);
    },
  );
});

describe('parseTrackerUrl', () => {
  it('takes http, https and udp', () => {
    for (const url of ['http://t/announce', 'https://t:1/a?k=1', 'udp://t:6969'])
      expect(parseTrackerUrl(url)).toBe(url);
  });

  it.each(['tracker.example', 'ftp://t', 'ws://t', ''])('refuses %j', text => {
    expect(() => parseTrackerUrl(text)).toThrow(/is not a tracker/);
  });
});
