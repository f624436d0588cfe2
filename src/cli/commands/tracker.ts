import type { Command } from 'commander';
import { createTracker, type Tracker } from '../../tracker/index.js';
import { parseDuration, parsePort } from '../../values/parse.js';
import { type CommandSetup, type CommonOptions, type Context, value } from '../context.js';
import { EXIT_OK } from '../failure.js';
import { formatCount } from '../format.js';

interface TrackerOptions extends CommonOptions {
  readonly host?: string;
  readonly httpPort: number;
  readonly udpPort: number;
  /** Milliseconds. */
  readonly interval?: number;
}

/** What opentracker and most others listen on, for both protocols. */
const DEFAULT_PORT = 6969;
const STATS_INTERVAL_MS = 10_000;

export const trackerSetup: CommandSetup<TrackerOptions> = {
  usage: 'tracker',
  summary: 'run a tracker over HTTP and UDP until Ctrl-C',
  description: `Runs a tracker over HTTP and UDP, open to any torrent, until it is interrupted.

Swarms are kept in memory. With --json the events are listening (host, port of HTTP, http and udp:
the announce URLs) and stats, every 10 seconds.`,
  examples: [
    ['tracker', `on all addresses, port ${DEFAULT_PORT}`],
    ['tracker --host 127.0.0.1 --http-port 0 --udp-port 0 --interval 10', 'for tests on this machine'],
  ],
  options(command: Command) {
    command
      .option('--host <address>', 'address to listen on (default: all)')
      .option(
        '--http-port <number>',
        'port of the HTTP tracker, 0 for any free one',
        value(parsePort),
        DEFAULT_PORT,
      )
      .option(
        '--udp-port <number>',
        'port of the UDP tracker, 0 for any free one',
        value(parsePort),
        DEFAULT_PORT,
      )
      .option(
        '--interval <time>',
        'how often clients are told to announce (default: 30m)',
        value(parseDuration),
      );
  },
  run: serve,
};

async function serve({ output, interrupt }: Context, options: TrackerOptions): Promise<number> {
  const tracker = await createTracker({
    http: { port: options.httpPort, host: options.host },
    udp: { port: options.udpPort, host: options.host },
    intervalSeconds: options.interval === undefined ? undefined : Math.ceil(options.interval / 1000),
  });
  const timer = setInterval(() => report(output, tracker), STATS_INTERVAL_MS);
  try {
    const { http, udp } = tracker;
    output.event('listening', {
      host: options.host ?? '::',
      port: http?.port,
      http: http?.url,
      udp: udp?.url,
    });
    output.line(`Announce URLs:\n  ${http?.url}\n  ${udp?.url}\nCtrl-C ends the tracker.`);
    await interrupt.raised();
    return EXIT_OK;
  } finally {
    clearInterval(timer);
    await tracker.close();
  }
}

function report(output: Context['output'], tracker: Tracker): void {
  const { torrents, peers, http, udp } = tracker.stats();
  const announces = http.announces + udp.announces;
  const scrapes = http.scrapes + udp.scrapes;
  output.event('stats', { torrents, peers, announces, scrapes });
  const counts = [formatCount(torrents, 'torrent'), formatCount(peers, 'peer')];
  output.line(
    `${counts.join(', ')}; ${formatCount(announces, 'announce')}, ${formatCount(scrapes, 'scrape')} so far`,
  );
}
