import { freePort } from '../../lib/free-port.js';
import type { Program } from '../../lib/program.js';
import type { Stage } from '../../lib/stage.js';
import type { Client, OtherPeer, StartOptions } from './client.js';
import { missingProgram } from './installed.js';

class Aria2Peer implements OtherPeer {
  private constructor(
    readonly program: Program,
    readonly address: { host: string; port: number },
  ) {}

  static async start(stage: Stage, { torrent, dir, role }: StartOptions): Promise<Aria2Peer> {
    const port = await freePort();
    const program = stage.run('aria2c', [
      '--no-conf',
      `--stop-with-process=${process.pid}`,
      `--dir=${dir}`,
      '--interface=127.0.0.1',
      `--listen-port=${port}`,
      '--disable-ipv6',
      '--enable-dht=false',
      '--enable-dht6=false',
      '--bt-enable-lpd=false',
      '--enable-peer-exchange=false',
      '--no-proxy=*',
      '--file-allocation=none',
      '--allow-overwrite=true',
      '--summary-interval=0',
      '--show-console-readout=false',
      '--console-log-level=info',
      // A seed hashes what it has, then stays; a downloader leaves once all is there.
      ...(role === 'seed' ? ['--check-integrity=true', '--seed-ratio=0.0'] : ['--seed-time=0']),
      torrent,
    ]);
    await program.line(new RegExp(`listening on TCP port ${port}`, 'i'));
    if (role === 'seed') await program.line(/Verification finished successfully/);
    return new Aria2Peer(program, { host: '127.0.0.1', port });
  }

  async completed(timeoutMs?: number): Promise<void> {
    await this.program.exits(0, timeoutMs);
  }

  complaints(): string[] {
    return this.program.lines.filter(line => /\[(WARN|ERROR)\]/.test(line));
  }

  tail(): string {
    return this.program.tail();
  }
}

/** aria2 cannot be told peers: it meets them by a tracker over HTTP. */
export const aria2: Client = {
  name: 'aria2',
  missing: () => missingProgram('aria2c', ['--version'], 'aria2'),
  start: (stage, options) => Aria2Peer.start(stage, options),
};
