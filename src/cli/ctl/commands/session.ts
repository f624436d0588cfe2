import { EXIT_OK, usageError } from '../../failure.js';
import { formatBytes, formatRate, formatSeconds, safeText } from '../../format.js';
import type { Output } from '../../output.js';
import { ctlCommand } from '../command.js';
import type { CtlOptions } from '../connection.js';
import { numberOf, textOf } from '../fields.js';
import type { RpcObject } from '../rpc-client.js';
import { checkRemoteDir } from './add.js';

export const freeSetup = ctlCommand<CtlOptions>({
  usage: 'free [dir]',
  summary: 'show how much room there is in a folder',
  description: `Shows how much room there is in a folder of the daemon, its download-dir when none is named.

With --json {"event":"free","dir","bytes","total"}; a total of 0 is not known.`,
  examples: [['free /srv/films', 'of that folder']],
  async run({ client, output }, _options, dir) {
    const path =
      dir === undefined ? textOf(await client.call('session-get'), 'download-dir') : checkRemoteDir(dir);
    const answer = await client.call('free-space', { path });
    const [bytes, total] = [numberOf(answer, 'size-bytes'), Math.max(0, numberOf(answer, 'total_size'))];
    output.event('free', { dir: path, bytes, total });
    output.line(
      `${safeText(path)}: ${formatBytes(bytes)} free${total > 0 ? ` of ${formatBytes(total)}` : ''}`,
    );
    return EXIT_OK;
  },
});

export const statsSetup = ctlCommand<CtlOptions>({
  usage: 'stats',
  summary: 'show rates, and totals of this run and of all',
  description: `Shows rates and numbers of torrents, and what was sent and fetched, in this run and in all.

With --json the answer of the RPC's session-stats, as one object.`,
  examples: [['stats', 'of the daemon on this machine']],
  async run({ client, output }) {
    const stats = await client.call('session-stats');
    output.object(stats);
    const { down, up } = { down: numberOf(stats, 'downloadSpeed'), up: numberOf(stats, 'uploadSpeed') };
    const active = numberOf(stats, 'activeTorrentCount');
    row(output, 'Torrents', `${numberOf(stats, 'torrentCount')}, ${active} active`);
    row(output, 'Rates', `${formatRate(down)} down, ${formatRate(up)} up`);
    row(output, 'This run', describeTotals(stats['current-stats']));
    row(output, 'In all', describeTotals(stats['cumulative-stats']));
    return EXIT_OK;
  },
});

function describeTotals(value: unknown): string {
  const totals = (typeof value === 'object' && value !== null ? value : {}) as RpcObject;
  const bytes = (key: string) => formatBytes(numberOf(totals, key));
  const time = formatSeconds(numberOf(totals, 'secondsActive'));
  return `${bytes('downloadedBytes')} down, ${bytes('uploadedBytes')} up in ${time}`;
}

export const sessionSetup = ctlCommand<CtlOptions>({
  usage: 'session',
  summary: 'show the settings of the daemon as clients see them',
  description: `Shows the settings of the daemon as clients of the RPC see them, by their names there.

With --json the answer of the RPC's session-get, as one object. What a file, the environment and flags
say is printed by 'millrace daemon --print-config'.`,
  examples: [['session', 'all of them']],
  async run({ client, output }) {
    const facts = await client.call('session-get');
    // whoever reads a log of this must not be able to do what we may do
    const { 'session-id': _secret, ...settings } = facts;
    output.object(settings);
    for (const key of Object.keys(settings).sort()) row(output, key, show(settings[key]), 32);
    return EXIT_OK;
  },
});

/** Not of the RPC: a client must not be able to make the daemon read its file. */
export const reloadSetup = ctlCommand<CtlOptions>({
  usage: 'reload',
  summary: 'how to make the daemon read its configuration file again',
  description: 'Says how to make the daemon read its configuration file again: a signal does, no client can.',
  examples: [['reload', 'what to do instead']],
  async run() {
    throw usageError(
      'reload',
      'the daemon reads its file again on SIGHUP: systemctl reload millrace, or kill -HUP and its process number',
    );
  },
});

function row(output: Output, label: string, text: string, width = 10): void {
  output.line(`${output.style('bold', label.padEnd(width))} ${safeText(text)}`);
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
