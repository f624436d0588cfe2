// Hosts on one switch: a namespace each, joined by a bridge in a namespace of its own. Nothing of the host's network is
// touched, and the links go with the namespaces.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { MTU, shape } from './shaping.mjs';
import { batch, Refusal, run } from './system.mjs';

/**
 * @typedef {object} Host
 * @property {string} id
 * @property {number} up payload bytes a second that its link sends, 0 is unlimited
 * @property {number} down payload bytes a second that its link receives, 0 is unlimited
 */

const DEVICE = 'eth0';
const BRIDGE = 'br0';

/**
 * Segments that TCP may hand down as one packet. Without a bound they are larger than the bucket, which then takes them
 * apart and drops many; one by one they cost twice the time in the kernel (16 downloaders, 2 MB/s each).
 */
const SEGMENTS = 4;

export class Network {
  /** @type {Map<string, string>} */
  #addresses = new Map();

  /** @param {string} name of the run: what all namespaces begin with */
  constructor(name) {
    this.name = name;
  }

  /**
   * @param {readonly Host[]} hosts @param {{ delayMs: number, congestion?: string }} options
   * @throws {import('./system.mjs').Refusal}
   */
  build(hosts, { delayMs, congestion }) {
    const hub = this.#namespace('hub');
    const control = congestion ?? byLoss();
    for (const id of ['hub', ...hosts.map(host => host.id)]) run('ip', ['netns', 'add', this.#namespace(id)]);
    if (delayMs > 0) requireNetem(hub);
    batch('ip', hub, [`link add ${BRIDGE} type bridge mcast_snooping 0`, ...quiet(BRIDGE)]);
    batch(
      'ip',
      hub,
      hosts.flatMap(host => this.#cable(host)),
    );
    hosts.forEach(({ id, up }, i) => {
      const address = addressOf(i);
      this.#addresses.set(id, address);
      const namespace = this.#namespace(id);
      batch('ip', namespace, [
        'link set lo up',
        `link set ${DEVICE} gso_max_segs ${SEGMENTS}`,
        ...quiet(DEVICE),
        `address add ${address}/15 dev ${DEVICE}`,
      ]);
      batch('tc', namespace, shape(DEVICE, { rate: up, delayMs }));
      if (control !== undefined) setCongestion(namespace, control);
    });
    batch(
      'tc',
      hub,
      hosts.flatMap(({ id, down }) => shape(portOf(id), { rate: down })),
    );
  }

  /** @param {string} id */
  address(id) {
    return this.#addresses.get(id);
  }

  /** Node.js in a namespace: `ip netns exec` becomes the program. @param {string} id @param {readonly string[]} args */
  spawnNode(id, args) {
    return spawn('ip', ['netns', 'exec', this.#namespace(id), process.execPath, ...args], { stdio: 'pipe' });
  }

  /** What has left by the link of a host so far, headers included. @param {string} id */
  sent(id) {
    const text = run('tc', [
      '-n',
      this.#namespace(id),
      '-statistics',
      '-json',
      'qdisc',
      'show',
      'dev',
      DEVICE,
    ]);
    const { bytes = 0, drops = 0 } = JSON.parse(text)[0] ?? {};
    return { bytes, drops };
  }

  /** @param {string} id */
  congestion(id) {
    const path = '/proc/sys/net/ipv4/tcp_congestion_control';
    return run('ip', ['netns', 'exec', this.#namespace(id), 'cat', path]).trim();
  }

  #cable({ id }) {
    const port = portOf(id);
    return [
      `link add ${port} mtu ${MTU} type veth peer name ${DEVICE} mtu ${MTU} netns ${this.#namespace(id)}`,
      `link set ${port} master ${BRIDGE}`,
      ...quiet(port),
    ];
  }

  #namespace(id) {
    return `${this.name}-${id}`;
  }
}

/** Up, and without addresses of IPv6, whose announcements would be traffic too. */
function quiet(device) {
  return [`link set ${device} addrgenmode none`, `link set ${device} up`];
}

/** Names of devices have 15 characters at most. */
function portOf(id) {
  return `port-${id}`;
}

/** 198.18.0.0/15 is for benchmarks (RFC 2544). @param {number} i */
function addressOf(i) {
  return `198.18.${i >> 8}.${(i & 255) + 1}`;
}

function requireNetem(namespace) {
  try {
    batch('tc', namespace, shape('lo', { rate: 0, delayMs: 1 }));
  } catch {
    throw new Refusal('--delay needs netem, which this kernel has not (module sch_netem)');
  }
}

function allowedCongestion() {
  return readFileSync('/proc/sys/net/ipv4/tcp_allowed_congestion_control', 'utf8').trim();
}

/**
 * What most hosts have, cubic, or its elder where namespaces may not use it: the machine's own may be BBR, which takes
 * its share of a short queue by drops.
 */
function byLoss() {
  const allowed = allowedCongestion().split(' ');
  return ['cubic', 'reno'].find(name => allowed.includes(name));
}

function setCongestion(namespace, name) {
  const script = 'echo "$0" >/proc/sys/net/ipv4/tcp_congestion_control';
  try {
    run('ip', ['netns', 'exec', namespace, 'sh', '-c', script, name]);
  } catch {
    throw new Refusal(
      `--congestion ${name} is not what this machine lets namespaces use: ${allowedCongestion()}`,
    );
  }
}
