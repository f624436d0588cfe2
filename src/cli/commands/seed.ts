import type { Command } from 'commander';
import { MillraceError } from '../../index.js';
import type { CommandSetup, Context } from '../context.js';
import { EXIT_OK } from '../failure.js';
import { formatBytes, formatCount, safeText } from '../format.js';
import { formatLimitedBy } from '../limited-by.js';
import { endEvent, type Peer, runPeer } from '../peer.js';
import { addPeerOptions, type PeerOptions } from '../peer-options.js';

interface SeedOptions extends PeerOptions {
  readonly skipCheck?: boolean;
}

export const seedSetup: CommandSetup<SeedOptions> = {
  usage: 'seed <torrent>',
  summary: 'serve the files of a torrent until Ctrl-C',
  description: `Serves the files of a torrent until it is interrupted.

The files are checked first, unless they are as a former run left them. Pieces that are missing
or bad are fetched from peers. With --json the events are listening, progress, error and, at the
end, end: limitedBy has the shares of the time in which it waited for one thing or the other, see
docs/limits.md.`,
  examples: [
    ['seed debian.torrent --dir /srv/images', 'serve /srv/images/<name of the torrent>'],
    ['seed debian.torrent --dir . --port 6881 --up 10MB/s', 'on a fixed port, at most 10 MB/s'],
  ],
  options(command: Command) {
    addPeerOptions(command, 'folder that holds the files of the torrent');
    command.option('--skip-check', 'trust the files: serve them without checking them first');
  },
  run: (context, options, source) =>
    runPeer(
      context,
      source,
      options,
      { onComplete: { kind: 'stay' }, check: options.skipCheck ? 'seed' : 'auto' },
      peer => seed(context, options, peer),
    ),
};

async function seed({ output, interrupt }: Context, options: SeedOptions, peer: Peer): Promise<number> {
  const { torrent, progress, until } = peer;
  if (!(await until(torrent.checked({ signal: interrupt.signal })))) return EXIT_OK;

  const { name, length, pieces, piecesDone } = torrent.stats();
  if (piecesDone === 0 && pieces > 0) {
    throw new MillraceError(
      'ERR_STORAGE_MISSING',
      `${options.dir} has none of the ${pieces} pieces of ${safeText(name)}: is --dir the folder that holds it?`,
      { pieces },
    );
  }
  progress.stop();
  output.line(`Seeding ${safeText(name)}, ${formatBytes(length)}. Ctrl-C ends it.`);
  if (piecesDone < pieces) {
    output.line(
      `${formatCount(pieces - piecesDone, 'piece')} of ${pieces} missing or bad: fetching from peers.`,
    );
  }
  progress.start();
  await interruptOrFailure(peer);
  progress.stop();
  const { uploaded, limitedBy } = torrent.stats();
  output.event('end', endEvent(torrent));
  output.line(`Sent ${formatBytes(uploaded)}. Limited by: ${formatLimitedBy(limitedBy)}`);
  return EXIT_OK;
}

function interruptOrFailure({ until }: Peer): Promise<boolean> {
  return until(new Promise(() => {}));
}
