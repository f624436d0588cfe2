import { EXIT_OK } from '../../failure.js';
import {
  formatBytes,
  formatCount,
  formatPercent,
  formatPieceLength,
  formatRate,
  formatSeconds,
  safeText,
} from '../../format.js';
import { formatLimitedBy } from '../../limited-by.js';
import type { Output } from '../../output.js';
import { type Control, ctlCommand } from '../command.js';
import type { CtlOptions } from '../connection.js';
import { DETAIL_FIELDS, type TorrentDetail, toDetail } from '../detail.js';
import { ID_HELP, selectOne } from '../select.js';
import { printTable } from '../table.js';
import { listTorrents } from '../torrents.js';

export const showSetup = ctlCommand<CtlOptions>({
  usage: 'show <id>',
  summary: 'show a torrent with its files, trackers and peers',
  description: `Shows all about one torrent: what limits it, its files, trackers and peers.

Flags of a peer: D and d we take from it or would, U and u it takes from us or would, K and ? there is no choke and
nobody asks, H found by the DHT, X by peer exchange, I it dialled us.

${ID_HELP}
With --json it prints one object: that of 'ctl list' and {"dir","left","uploaded","downloaded","etaSeconds",
"moving","pieces","pieceLength","limitedBy","files","trackers","peerList"}.`,
  examples: [
    ['show 3', 'by its number'],
    ['show 5a8ce26e', 'by the beginning of its info-hash'],
  ],
  run: show,
});

async function show({ client, output }: Control, _options: CtlOptions, id: string): Promise<number> {
  const { hash } = await selectOne(client, id);
  const [facts] = await listTorrents(client, DETAIL_FIELDS, [hash]);
  const detail = toDetail(facts);
  output.object(detail);
  if (output.json) return EXIT_OK;
  printFacts(output, detail);
  printFiles(output, detail);
  printTrackers(output, detail);
  printPeers(output, detail);
  return EXIT_OK;
}

function printFacts(output: Output, detail: TorrentDetail): void {
  const row = (label: string, text: string | undefined) => {
    if (text) output.line(`${output.style('bold', label.padEnd(11))} ${safeText(text)}`);
  };
  const { done, size, left, uploaded, downloaded, ratio, pieces, pieceLength, added, etaSeconds } = detail;
  row('Name', detail.name);
  row('ID', String(detail.id));
  row('Info-hash', detail.hash);
  // a magnet link that nobody has told the metadata of
  const seeking = pieces === 0 && detail.status === 'downloading';
  const more = seeking
    ? ', looking for its metadata'
    : etaSeconds === null
      ? ''
      : `, ${formatSeconds(etaSeconds)} to go`;
  row('Status', detail.status + more);
  row('Error', detail.error ?? undefined);
  row('Folder', detail.dir + (detail.moving === null ? '' : `, moving: ${formatPercent(detail.moving, 1)}`));
  row('Labels', detail.labels.join(', '));
  if (!seeking) {
    row('Done', `${formatPercent(done, 1)} of ${formatBytes(size)}, ${formatBytes(left)} left`);
    row('Pieces', `${formatCount(pieces, 'piece')} of ${formatPieceLength(pieceLength)}`);
  }
  row('Rates', `${formatRate(detail.down)} down, ${formatRate(detail.up)} up`);
  row(
    'Totals',
    `${formatBytes(downloaded)} down, ${formatBytes(uploaded)} up${ratio === null ? '' : `, ratio ${ratio.toFixed(2)}`}`,
  );
  row('Limited by', limitsText(detail));
  row('Added', added > 0 ? new Date(added * 1000).toISOString().replace('.000Z', 'Z') : undefined);
  row('Peers', String(detail.peers));
}

/** Undefined when the daemon does not tell, and before any time has passed. */
function limitsText({ limitedBy }: TorrentDetail): string | undefined {
  const measured = Object.values(limitedBy ?? {}).some(share => share > 0);
  return limitedBy !== null && measured ? formatLimitedBy(limitedBy) : undefined;
}

function printFiles(output: Output, { files }: TorrentDetail): void {
  if (files.length === 0) return;
  output.line();
  printTable(
    output,
    [
      { title: 'File', right: true, text: ({ index }) => String(index) },
      { title: 'Done', right: true, text: ({ done, length }) => formatPercent(done, length) },
      { title: 'Size', right: true, text: ({ length }) => formatBytes(length) },
      { title: 'Priority', text: ({ priority }) => priority },
      { title: 'Path', text: ({ path }) => safeText(path) },
    ],
    files,
  );
}

function printTrackers(output: Output, { trackers }: TorrentDetail): void {
  if (trackers.length === 0) return;
  output.line();
  const count = (value: number | null) => (value === null ? '-' : String(value));
  printTable(
    output,
    [
      { title: 'Tier', right: true, text: ({ tier }) => String(tier) },
      { title: 'Seeds', right: true, text: ({ seeders }) => count(seeders) },
      { title: 'Leechers', right: true, text: ({ leechers }) => count(leechers) },
      { title: 'Tracker', text: ({ url, result }) => safeText(result === '' ? url : `${url}  ${result}`) },
    ],
    trackers,
  );
}

function printPeers(output: Output, { peerList }: TorrentDetail): void {
  if (peerList.length === 0) return;
  output.line();
  printTable(
    output,
    [
      { title: 'Peer', text: ({ address }) => safeText(address) },
      { title: 'Done', right: true, text: ({ done }) => formatPercent(done, 1) },
      { title: 'Down', right: true, text: ({ down }) => formatRate(down) },
      { title: 'Up', right: true, text: ({ up }) => formatRate(up) },
      { title: 'Flags', text: ({ flags }) => safeText(flags) },
      { title: 'Client', text: ({ client }) => safeText(client) },
    ],
    peerList,
  );
}
