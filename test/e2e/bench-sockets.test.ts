import { afterEach, describe, expect, it } from 'vitest';
import { loadBench } from '../unit/bench/load.js';

const { Crowd } = await loadBench('sockets/crowd.mjs');
const { Processes } = await loadBench('lib/processes.mjs');

const processes = new Processes();
afterEach(() => processes.close());

/** What is known of a process is read from /proc. */
describe.skipIf(process.platform !== 'linux')('a crowd of clients', () => {
  it.each(['line', 'http', 'udp'])('gets answers: %s', async kind => {
    const crowd = await Crowd.open(processes, { kind });
    const { answered, latencies, refused } = await crowd.ask({ clients: 20, seconds: 0.1, lateMs: 10_000 });
    expect(answered).toBeGreaterThanOrEqual(20);
    expect(latencies).toHaveLength(answered);
    expect(refused).toBe(0);
  });

  it.each(['line', 'http'])('runs a server out of file descriptors, and it goes on: %s', async kind => {
    const crowd = await Crowd.open(processes, { kind, maxFiles: 64 });
    const many = await crowd.ask({ clients: 200, seconds: 0.1, lateMs: 10_000 });
    expect(many.limits[0]).toBe('64 file descriptors');
    expect(many.refused).toBeGreaterThan(0);
    expect(many.answered).toBeGreaterThan(0);
    const few = await crowd.ask({ clients: 2, seconds: 0.1, lateMs: 10_000 });
    expect(few.refused).toBe(0);
  });

  it('is turned away by the bound that a server has of its own', async () => {
    const crowd = await Crowd.open(processes, { kind: 'http', maxConnections: 50 });
    const clients = 200;
    const { limits, answered, refused } = await crowd.ask({ clients, seconds: 0.1, lateMs: 10_000 });
    expect(limits[0]).toBe('own bound of 50 connections');
    // places that come free meanwhile are taken by others, as many as the machine is quick
    expect(refused).toBeGreaterThan(0);
    expect(answered).toBeGreaterThan(0);
    expect(answered + refused).toBeGreaterThanOrEqual(clients);
  });
});
