import { type Command, Option } from 'commander';
import type { OnComplete } from '../../index.js';
import { parseDuration } from '../../values/parse.js';
import { type CommandSetup, type Context, value } from '../context.js';
import { EXIT_OK } from '../failure.js';
import { formatBytes, formatRate, formatSeconds, round3, safeText } from '../format.js';
import { formatLimitedBy, roundLimitedBy } from '../limited-by.js';
import { endEvent, type Peer, runPeer, tellInterrupted } from '../peer.js';
import { addPeerOptions, type PeerOptions } from '../peer-options.js';

interface DownloadOptions extends PeerOptions {
  readonly seedFor?: number;
  readonly stay?: boolean;
}

export const downloadSetup: CommandSetup<DownloadOptions> = {
  usage: 'download <torrent|magnet>',
  summary: 'fetch the files of a torrent or a magnet link',
  description: `Fetches the files of a torrent, checks every piece, and leaves when all are there.

Interrupted, it exits with 130; the same command then goes on where it stopped. With --json the
events are listening, progress (about once a second), complete and error; interrupted before
complete, the last is end. Of a magnet link nothing but listening comes before its metadata is here. The seconds of complete count from adding the torrent to the last
verified piece, its rate is what was fetched in them. limitedBy has the shares of the time in which
it waited for one thing or the other, see docs/limits.md.`,
  examples: [
    ['download debian.torrent --dir ~/Downloads', 'fetch and leave'],
    ["download 'magnet:?xt=urn:btih:…' --dir .", 'by a link alone'],
    ['download debian.torrent --dir . --seed-for 2h', 'fetch, then serve others for two hours'],
    ['download debian.torrent --dir . --peer 192.0.2.7:6881', 'from a peer that no tracker tells'],
  ],
  options(command: Command) {
    addPeerOptions(command, 'folder to save the files in');
    command
      .addOption(
        new Option('--seed-for <time>', 'stay so long after completion, such as 60s or 2h')
          .argParser(value(parseDuration))
          .conflicts('stay'),
      )
      .option('--stay', 'stay after completion until Ctrl-C');
  },
  run: (context, options, source) =>
    runPeer(context, source, options, { onComplete: onComplete(options) }, peer =>
      download(context, options, peer),
    ),
};

function onComplete({ stay, seedFor }: DownloadOptions): OnComplete {
  if (stay) return { kind: 'stay' };
  return seedFor === undefined ? { kind: 'leave' } : { kind: 'linger', forMs: seedFor };
}

async function download(context: Context, options: DownloadOptions, peer: Peer): Promise<number> {
  const { output, interrupt } = context;
  const { torrent, progress, until, startedMs } = peer;
  const { signal } = interrupt;
  if (!(await until(torrent.checked({ signal })))) return interrupted(context, peer);
  const doneBefore = torrent.stats().done;
  if (!(await until(torrent.completed({ signal })))) return interrupted(context, peer);

  const seconds = (performance.now() - startedMs) / 1000;
  const { name, wanted, limitedBy } = torrent.stats();
  const rate = (wanted - doneBefore) / seconds;
  progress.stop();
  output.event('complete', {
    bytes: wanted,
    seconds: round3(seconds),
    rate: Math.round(rate),
    limitedBy: roundLimitedBy(limitedBy),
  });
  output.line(
    output.style('green', `Complete: ${safeText(name)}, ${formatBytes(wanted)}`) +
      ` in ${formatSeconds(seconds)} (${formatRate(rate)}), every piece verified`,
  );
  output.line(`Limited by: ${formatLimitedBy(limitedBy)}`);
  if (options.stay || options.seedFor !== undefined) {
    output.line(
      options.stay ? 'Seeding until Ctrl-C.' : `Seeding for ${formatSeconds(options.seedFor! / 1000)}.`,
    );
    progress.start();
  }
  await until(torrent.left({ signal }));
  return EXIT_OK;
}

function interrupted(context: Context, { torrent, progress }: Peer): number {
  progress.stop(); // nobody writes beside a bar
  context.output.event('end', endEvent(torrent));
  tellInterrupted(context);
  return context.interrupt.exitCode;
}
