import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformWithEsbuild } from 'vite';
import { describe, expect } from 'vitest';
import type { SessionOptions } from '../../dist/index.js';
import { missingProgram } from '../interop/clients/installed.js';
import { skipReason } from '../interop/clients/required.js';
import { it } from '../interop/stage-test.js';
import { KiB, makeSample } from '../lib/e2e-stage.js';
import type { Behaviour } from '../lib/fake-gateway.js';
import type { Program } from '../lib/program.js';
import type { Stage } from '../lib/stage.js';

const lib = (name: string) => fileURLToPath(new URL(`../lib/${name}`, import.meta.url));

const ROUTER = '192.168.77.1';
const HOME = '192.168.77.2';

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}

function missing(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const program = { name: 'ip', missing: () => missingProgram('ip', ['-V'], 'iproute2') };
  const reason = skipReason([program]);
  if (reason !== undefined) return reason;
  const { status, stderr } = spawnSync('unshare', ['--net', 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : `no namespaces here: ${stderr}`;
}

/** A home: a machine, a cable and a router, which is the way to everywhere. */
class Home {
  readonly #run = `millrace-home-${process.pid}`;

  constructor(readonly stage: Stage) {
    for (const name of ['router', 'machine']) {
      ip('netns', 'add', this.#namespace(name));
      stage.defer(() => ip('netns', 'del', this.#namespace(name)));
      ip('-n', this.#namespace(name), 'link', 'set', 'lo', 'up');
    }
    const [machine, router] = [this.#namespace('machine'), this.#namespace('router')];
    ip('-n', machine, 'link', 'add', 'lan', 'type', 'veth', 'peer', 'name', 'lan', 'netns', router);
    for (const [namespace, address] of [
      [machine, HOME],
      [router, ROUTER],
    ]) {
      ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'lan');
      ip('-n', namespace, 'link', 'set', 'lan', 'up');
    }
    ip('-n', machine, 'route', 'add', 'default', 'via', ROUTER);
  }

  async router(behaviour: Partial<Behaviour>): Promise<Program> {
    // A program of its own, which Node 20 can run.
    const { code } = await transformWithEsbuild(
      await readFile(lib('fake-gateway.ts'), 'utf8'),
      'fake-gateway.ts',
    );
    const module = this.stage.path('fake-gateway.mjs');
    await writeFile(module, code);
    const facts = JSON.stringify({ host: ROUTER, behaviour });
    const router = this.#start('router', 'fake-gateway-main.mjs', pathToFileURL(module).href, facts);
    await router.event('router');
    return router;
  }

  session(options: SessionOptions & { readonly torrent?: string }): Program {
    const all = { dir: this.stage.path('files'), listen: { port: 6881 }, ...options };
    return this.#start('machine', 'port-mapping-session.mjs', JSON.stringify(all));
  }

  #namespace(name: string): string {
    return `${this.#run}-${name}`;
  }

  #start(where: string, script: string, ...args: string[]): Program {
    const node = [process.execPath, lib(script), ...args];
    return this.stage.run('ip', ['netns', 'exec', this.#namespace(where), ...node]);
  }
}

let questions = 0;
/** What is mapped now, and what the router was asked. */
const ask = async (router: Program) => {
  const question = `question ${++questions}`;
  router.type(question);
  return (await router.event(question)) as unknown as { mapped: string[]; requests: string[] };
};

describe.skipIf(missing() !== undefined)('a session behind a router', () => {
  it.for(['pcp', 'nat-pmp', 'upnp'] as const)(
    'has its port mapped by %s, wherever it listens, and no longer than it is there',
    { timeout: 60_000 },
    async (protocol, { stage }) => {
      const home = new Home(stage);
      const router = await home.router({ speaks: [protocol] });
      const session = home.session({ portMapping: true });
      const first = await session.event('mapped 1');
      const facts = { externalAddress: '203.0.113.7', by: protocol, gateway: ROUTER };
      expect(first.mapped).toEqual([
        { protocol: 'tcp', internalPort: 6881, externalPort: 6881, ...facts },
        { protocol: 'udp', internalPort: 6881, externalPort: 6881, ...facts },
      ]);
      expect((await ask(router)).mapped).toEqual(['tcp 6881', 'udp 6881']);

      session.type('move');
      const { port } = await session.event('mapped 2');
      expect(port).not.toBe(6881);
      expect((await ask(router)).mapped).toEqual([`tcp ${port}`, `udp ${port}`]);

      session.type('off');
      session.type('on');
      await session.event('mapped 3');
      session.endInput();
      expect((await session.event('closed')).mapped).toEqual([]);
      await session.exits();
      expect((await ask(router)).mapped).toEqual([]);
    },
  );

  it('tells trackers the port that peers come by, as long as they do', async ({ stage }) => {
    const { torrent } = await makeSample(stage, { 'a.bin': 64 * KiB });
    const home = new Home(stage);
    await home.router({ speaks: ['pcp'], shift: 1 });
    const session = home.session({ portMapping: true, torrent });
    await session.event('announced 6882 at first');
    session.type('off');
    await session.event('announced 6881 after off');
    session.endInput();
    await session.exits();
  });

  it('asks nobody unless it is told to, nor where nobody could lead to it', async ({ stage }) => {
    const home = new Home(stage);
    const router = await home.router({});
    const on = { portMapping: true };
    const anywhere = { port: 0 };
    const silent = [
      { listen: anywhere },
      { ...on, listen: false } as const,
      { ...on, listen: { ...anywhere, host: '127.0.0.1' } },
      { ...on, listen: { ...anywhere, host: '::' } },
      { ...on, listen: { ...anywhere, host: '0.0.0.0' }, bind: '127.0.0.1' },
      { ...on, listen: anywhere, proxy: { host: ROUTER, port: 1080 } },
      { ...on, listen: anywhere, suspended: 'no cable' },
    ].map(options => home.session(options));
    await Promise.all(silent.map(session => session.event('session')));
    // What they had to say has been said when somebody who came later has been answered.
    await home.session(on).event('mapped 1');
    const { requests } = await ask(router);
    expect(requests).toEqual(['pcp announce', 'pcp map tcp 6881 7200', 'pcp map udp 6881 7200']);
  });

  it('leaves in time a router that has fallen silent', async ({ stage }) => {
    const home = new Home(stage);
    const router = await home.router({ speaks: ['pcp'] });
    const session = home.session({ portMapping: true });
    await session.event('mapped 1');
    router.endInput();
    await router.exits();
    session.endInput();
    await session.exits(0, 5_000);
  });
});
