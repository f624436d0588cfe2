import { spawnSync } from 'node:child_process';
import { missingProgram } from '../interop/clients/installed.js';
import { skipReason } from '../interop/clients/required.js';
import type { Program } from './program.js';
import type { Stage } from './stage.js';

export function ip(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Why there can be no network namespaces here; undefined when there can. */
export function missingNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const program = { name: 'ip', missing: () => missingProgram('ip', ['-V'], 'iproute2') };
  const reason = skipReason([program]);
  if (reason !== undefined) return reason;
  const { status, stderr } = spawnSync('unshare', ['--net', 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : `no namespaces here: ${stderr}`;
}

let made = 0;

/** Two hosts and a cable between them, `lan` at both ends; they go with the stage. */
export class TwoHosts {
  readonly names: readonly [string, string];

  constructor(
    readonly stage: Stage,
    /** Of both ends, with the length of the prefix, such as 198.18.0.1/24. */
    addresses: readonly [readonly string[], readonly string[]],
  ) {
    const run = `millrace-lan-${process.pid}-${++made}`;
    this.names = [`${run}-a`, `${run}-b`];
    for (const name of this.names) {
      ip('netns', 'add', name);
      stage.defer(() => ip('netns', 'del', name));
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    const [a, b] = this.names;
    ip('-n', a, 'link', 'add', 'lan', 'type', 'veth', 'peer', 'name', 'lan', 'netns', b);
    this.names.forEach((name, i) => {
      ip('-n', name, 'link', 'set', 'lan', 'addrgenmode', 'none');
      ip('-n', name, 'link', 'set', 'lan', 'up');
      for (const address of addresses[i])
        ip('-n', name, 'address', 'add', address, 'dev', 'lan', ...(address.includes(':') ? ['nodad'] : []));
    });
  }

  /** Runs a program on one of them. */
  run(host: 0 | 1, command: string, args: readonly string[]): Program {
    return this.stage.run('ip', ['netns', 'exec', this.names[host], command, ...args]);
  }
}
