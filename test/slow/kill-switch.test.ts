import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import type { PeerAddress } from '../../dist/index.js';
import { it } from '../interop/stage-test.js';
import { KiB, makeSample } from '../lib/e2e-stage.js';
import type { Program } from '../lib/program.js';
import type { Stage } from '../lib/stage.js';
import { ip, missingNamespaces } from '../lib/two-hosts.js';

const script = (name: string) => fileURLToPath(new URL(`../lib/${name}.mjs`, import.meta.url));

/** Between the tunnel's two ends, and between those of the way around it (RFC 2544). */
const OURS = '198.18.0.1';
const WORLD = '198.18.0.2';
const AROUND = ['198.18.4.1', '198.18.4.2'];

/** Two hosts joined by a tunnel and by a second cable, over which the first has its default route. */
class TunnelledHosts {
  readonly seed: string;
  readonly world: string;

  constructor(readonly stage: Stage) {
    const run = `millrace-kill-${process.pid}`;
    this.seed = `${run}-seed`;
    this.world = `${run}-world`;
    for (const namespace of [this.seed, this.world]) {
      ip('netns', 'add', namespace);
      stage.defer(() => ip('netns', 'del', namespace));
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
    }
    this.#join('tunnel', OURS, WORLD);
    this.#join('around', AROUND[0], AROUND[1]);
    ip('-n', this.seed, 'route', 'add', 'default', 'via', AROUND[1]);
  }

  start(namespace: string, name: string, facts: object): Program {
    const args = ['netns', 'exec', namespace, process.execPath, script(name), JSON.stringify(facts)];
    return this.stage.run('ip', args);
  }

  /** Sockets of processes; those that only wait for their end have no inode. */
  openSockets(): string[] {
    const tables = ['tcp', 'tcp6', 'udp', 'udp6'].map(name => `/proc/net/${name}`);
    return ip('netns', 'exec', this.seed, 'cat', ...tables)
      .split('\n')
      .filter(row => /^\s*\d+:/.test(row) && row.trim().split(/\s+/)[9] !== '0');
  }

  /** Packets that left by the way around. */
  around(): number {
    const [link] = JSON.parse(ip('-n', this.seed, '-s', '-j', 'link', 'show', 'around'));
    return link.stats64.tx.packets;
  }

  #join(device: string, near: string, far: string): void {
    ip('-n', this.seed, 'link', 'add', device, 'type', 'veth', 'peer', 'name', device, 'netns', this.world);
    for (const [namespace, address] of [
      [this.seed, near],
      [this.world, far],
    ]) {
      ip('-n', namespace, 'link', 'set', device, 'addrgenmode', 'none');
      ip('-n', namespace, 'link', 'set', device, 'up');
      ip('-n', namespace, 'address', 'add', `${address}/30`, 'dev', device);
    }
  }
}

describe.skipIf(missingNamespaces() !== undefined)('a session whose address goes away', () => {
  it('has no socket and sends nothing another way, and goes on when the address is back', async ({
    stage,
  }) => {
    const sample = await makeSample(stage, { 'a.bin': 1024 * KiB }, { pieceLength: 32 * KiB });
    const hosts = new TunnelledHosts(stage);
    const { torrent } = sample;
    const world = hosts.start(hosts.world, 'kill-switch-world', {
      address: WORLD,
      dir: stage.path('world'),
      torrent,
    });
    const { trackers } = await world.event('world');
    // Each torrent asks one tracker only: one after the other, so that both kinds have a socket.
    const [[http], [udp]] = trackers as string[][];
    const seed = hosts.start(hosts.seed, 'kill-switch-seed', {
      address: OURS,
      dir: sample.dir,
      torrent,
      trackers: [[udp], [http]],
    });
    const listening = (await seed.event('seed')).listening as PeerAddress;
    expect(listening.host).toBe(OURS);
    await seed.event('tracker-working');
    world.type(`${listening.host} ${listening.port}`);
    await world.event('piece');
    expect(hosts.openSockets().length).toBeGreaterThanOrEqual(5); // listener, peer, UDP tracker, two of local discovery

    ip('-n', hosts.seed, 'address', 'del', `${OURS}/30`, 'dev', 'tunnel');
    expect(await seed.event('suspended')).toMatchObject({ state: 'seeding' });
    expect(hosts.openSockets()).toEqual([]);
    expect(world.json.some(({ event }) => event === 'complete')).toBe(false);

    ip('-n', hosts.seed, 'address', 'add', `${OURS}/30`, 'dev', 'tunnel');
    expect(await seed.event('restored')).toMatchObject({ same: true });
    await world.event('complete', 60_000);
    expect(hosts.around()).toBe(0);
  });
});
