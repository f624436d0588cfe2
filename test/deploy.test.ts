/** The files of docs/deploy, as far as they can be tried without a service manager and a container engine. */
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { variableOf } from '../src/daemon/config/layers.js';
import { SETTING_KEYS } from '../src/daemon/config/settings.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(ROOT, 'docs', 'deploy');
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

it('names only variables that are settings', () => {
  const known = new Set(SETTING_KEYS.map(variableOf));
  for (const name of readdirSync(FOLDER)) {
    const unknown = [...read(name).matchAll(/\bMILLRACE_\w+/g)]
      .map(([found]) => found)
      .filter(found => !known.has(found));
    expect(unknown, name).toEqual([]);
  }
});

describe('Dockerfile', () => {
  const text = read('Dockerfile').replaceAll('\\\n', '');

  it('lets peers and the packets of the DHT in, as the other ways to start it do', () => {
    for (const transport of ['tcp', 'udp']) {
      expect(text).toMatch(new RegExp(`^EXPOSE.* 6881/${transport}\\b`, 'm'));
      expect(read('compose.yaml')).toContain(`"6881:6881/${transport}"`);
    }
    expect(read('README.md')).toContain('-p 6881:6881 -p 6881:6881/udp ');
  });

  it('copies what a build has, and nothing else is needed to start', () => {
    const copied = [...text.matchAll(/^COPY --from=\w+ \/src\/(\S+) (\S+)$/gm)].map(([, from, to]) => [
      from,
      to,
    ]);
    expect(copied.map(([from]) => from).sort()).toEqual(['bin', 'dist', 'node_modules', 'package.json']);
    for (const [from, to] of copied) expect([to, existsSync(join(ROOT, from))]).toEqual([from, true]);
  });

  it.each([
    [200, 0],
    [503, 1],
  ])('asks for its health: status %i is exit code %i', async (status, code) => {
    const [program, ...words] = JSON.parse(/^HEALTHCHECK .* CMD (\[.*\])$/m.exec(text)![1]) as string[];
    expect(program).toBe('node');
    const asked: (string | undefined)[] = [];
    const server = createServer(({ url }, response) => {
      asked.push(url);
      response.writeHead(status).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const env = { ...process.env, MILLRACE_RPC_PORT: String((server.address() as AddressInfo).port) };
    const run = () =>
      promisify(execFile)(process.execPath, words, { env }).then(
        () => 0,
        error => error.code,
      );
    try {
      expect(await run()).toBe(code);
      expect(asked).toEqual(['/healthz']);
    } finally {
      server.close();
    }
    expect(await run()).toBe(1); // nobody is there
  });
});

describe('millrace.service', () => {
  const canVerify = spawnSync('systemd-analyze', ['--version']).status === 0;

  it.runIf(canVerify)('is in order for systemd', () => {
    const dir = mkdtempSync(join(tmpdir(), 'millrace-unit-'));
    try {
      const path = join(dir, 'millrace.service');
      // it must name a program that there is
      writeFileSync(
        path,
        read('millrace.service').replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`),
      );
      const { stderr, status } = spawnSync('systemd-analyze', ['verify', '--man=no', path], {
        encoding: 'utf8',
      });
      expect(stderr.split('\n').filter(line => line.includes('millrace.service'))).toEqual([]);
      expect(status).toBe(0);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
