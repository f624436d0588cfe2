import { describe, expect, it } from 'vitest';
import { loadBench } from './load.js';

const { counter, limitsOf } = await loadBench('sockets/limits.mjs');

const AT_EASE = {
  files: 121,
  fileLimit: 20_000,
  ownFiles: 21,
  maxConnections: 4096,
  overflows: { backlog: 0, datagrams: 0 },
  server: { ran: 0.5, ready: 0.6 },
  clients: [
    { ran: 0.4, ready: 0.96 },
    { ran: 0.4, ready: 0.5 },
  ],
};

describe('what limits a server', () => {
  it.each([
    ['nothing', {}, []],
    [
      'no file descriptors left',
      { files: 64, fileLimit: 64, maxConnections: undefined },
      ['64 file descriptors'],
    ],
    ['its own bound', { files: 4117 }, ['own bound of 4,096 connections']],
    ['the queue of listen', { overflows: { backlog: 1, datagrams: 0 } }, ['listen backlog of 511']],
    ['the receive buffer', { overflows: { backlog: 0, datagrams: 1 } }, ['receive buffer of the socket']],
    ['its core', { server: { ran: 0.97, ready: 0.99 } }, ['CPU']],
    ['other processes', { server: { ran: 0.5, ready: 0.96 } }, ['CPU, shared with other processes']],
    ['the clients', { clients: [{ ran: 0.5, ready: 0.96 }] }, ["the clients' CPU"]],
  ])('%s', (_, load, limits) => {
    expect(limitsOf({ ...AT_EASE, ...load })).toEqual(limits);
  });

  it('names what turns clients away first', () => {
    const busy = { overflows: { backlog: 9, datagrams: 0 }, server: { ran: 1, ready: 1 } };
    expect(limitsOf({ ...AT_EASE, ...busy })).toEqual(['listen backlog of 511', 'CPU']);
  });

  it('is unknown where the system tells nothing', () => {
    const unknown = {
      files: 0,
      fileLimit: Number.POSITIVE_INFINITY,
      ownFiles: 0,
      clients: [{ ran: 0, ready: 0 }],
    };
    expect(limitsOf({ ...AT_EASE, ...unknown, server: { ran: 0, ready: 0 } })).toEqual([]);
  });
});

describe('counters of the system', () => {
  const text =
    'TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 17 23\nIpExt: InOctets\nIpExt: 5\n';

  it('are found by name', () => {
    expect(counter(text, 'TcpExt', 'ListenOverflows')).toBe(17);
    expect(counter(text, 'IpExt', 'InOctets')).toBe(5);
  });

  it('are 0 when they are not there', () => {
    expect(counter(text, 'Udp', 'RcvbufErrors')).toBe(0);
    expect(counter(text, 'TcpExt', 'Others')).toBe(0);
    expect(counter('', 'TcpExt', 'ListenOverflows')).toBe(0);
  });
});
