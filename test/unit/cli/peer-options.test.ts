import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../../src/cli/context.js';
import { addPeerOptions, type PeerOptions, toSessionOptions } from '../../../src/cli/peer-options.js';

const context = { io: { env: {} } } as Context;

function sessionOptions(...flags: string[]) {
  const command = new Command().exitOverride();
  addPeerOptions(command, 'folder');
  command.parse(['--dir', '.', '--no-state', ...flags], { from: 'user' });
  return toSessionOptions({ ...command.opts<PeerOptions>() }, context);
}

describe('how seed and download find peers', () => {
  it.each<[string[], object]>([
    [[], { dht: true, dhtBootstrap: undefined, lsd: true, portMapping: undefined }],
    [['--no-dht', '--no-pex', '--no-lsd'], { dht: false, pex: false, lsd: false }],
    [
      ['--no-dht', '--dht', '--pex', '--lsd', '--port-mapping'],
      { dht: true, pex: true, lsd: true, portMapping: true },
    ],
    [['--port-mapping', '--no-port-mapping'], { portMapping: false }],
    [
      ['--dht-bootstrap', 'router.example:6881', '--dht-bootstrap', '[::1]:7'],
      {
        dhtBootstrap: [
          { host: 'router.example', port: 6881 },
          { host: '::1', port: 7 },
        ],
      },
    ],
  ])('%j', (flags, options) => expect(sessionOptions(...flags)).toMatchObject(options));
});
