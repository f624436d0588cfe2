import { formatAddress, type Magnet, type Metainfo, parseMagnet, readTorrent } from '../../files.js';
import type { CommandSetup, CommonOptions, Context } from '../context.js';
import { EXIT_OK } from '../failure.js';
import { formatBytes, formatCount, formatPieceLength, safeText } from '../format.js';
import { isMagnet, magnetOf } from '../magnet.js';
import type { Output } from '../output.js';

export const infoSetup: CommandSetup<CommonOptions> = {
  usage: 'info <torrent|magnet>',
  summary: 'show what a torrent file or a magnet link says',
  description: `Shows what a torrent file or a magnet link says, without any network.

With --json it prints one object: {"name","infoHash","pieceLength","pieceCount","length","private",
"announce" (tiers of URLs),"files":[{"path","length"}]}. What a magnet link does not say is null;
padding files are marked by "pad": true.`,
  examples: [
    ['info debian.torrent', 'name, size, trackers and files'],
    ["info 'magnet:?xt=urn:btih:…' --json", 'a magnet link, for programs'],
  ],
  options() {},
  run: info,
};

async function info({ output }: Context, _options: CommonOptions, source: string): Promise<number> {
  if (isMagnet(source)) showMagnet(output, parseMagnet(source));
  else showTorrent(output, await readTorrent(source));
  return EXIT_OK;
}

function showTorrent(output: Output, torrent: Metainfo): void {
  const { name, infoHash, pieceLength, pieceCount, length, announce } = torrent;
  const files = torrent.files.map(({ path, length, pad }) => ({
    path: path.join('/'),
    length,
    ...(pad ? { pad: true } : {}),
  }));
  output.object({
    name,
    infoHash,
    pieceLength,
    pieceCount,
    length,
    private: torrent.private,
    announce,
    files,
  });

  row(output, 'Name', name);
  row(output, 'Info-hash', infoHash);
  row(output, 'Size', `${formatBytes(length)} (${formatCount(length, 'byte')})`);
  row(output, 'Pieces', `${pieceCount} of ${formatPieceLength(pieceLength)}`);
  row(
    output,
    'Kind',
    [torrent.hybrid ? 'hybrid of v1 and v2, read as v1' : 'v1', torrent.private ? 'private' : 'public'].join(
      ', ',
    ),
  );
  row(output, 'Comment', torrent.comment);
  row(
    output,
    'Created',
    [creationTime(torrent.creationDate), torrent.createdBy && `by ${torrent.createdBy}`]
      .filter(Boolean)
      .join(' '),
  );
  showTrackers(output, announce);
  row(output, 'Web seeds', torrent.urlList.join(' '));
  row(output, 'Magnet', magnetOf(torrent));

  const real = files.filter(file => !file.pad);
  output.line(`\n${formatCount(real.length, 'file')}`);
  for (const { path, length } of real) output.line(`${formatBytes(length).padStart(12)}  ${safeText(path)}`);
}

function showMagnet(output: Output, magnet: Magnet): void {
  const { name, infoHash, v2InfoHash, pointer, peers } = magnet;
  const announce = magnet.trackers.map(url => [url]);
  output.object({
    name: name ?? null,
    infoHash: infoHash ?? null,
    ...(v2InfoHash === undefined ? {} : { v2InfoHash }),
    ...(pointer === undefined ? {} : { pointer }),
    pieceLength: null,
    pieceCount: null,
    length: null,
    private: null,
    announce,
    files: [],
    peers: peers.map(formatAddress),
  });
  row(output, 'Name', name);
  row(output, 'Info-hash', infoHash);
  row(output, 'v2 hash', v2InfoHash);
  row(output, 'Publisher', pointer?.publicKey);
  row(output, 'Salt', pointer?.salt);
  showTrackers(output, announce);
  row(output, 'Peers', peers.map(formatAddress).join(' '));
  output.line('Size and files are in the torrent itself, which a magnet link does not hold.');
}

function showTrackers(output: Output, tiers: readonly (readonly string[])[]): void {
  tiers.forEach((tier, i) => {
    row(output, i === 0 ? 'Trackers' : '', tier.join('  '));
  });
}

function row(output: Output, label: string, text: string | undefined): void {
  if (text) output.line(`${output.style('bold', label.padEnd(10))} ${safeText(text)}`);
}

/** As written it is seconds since 1970, but some programs wrote milliseconds: those lie beyond the year 5000. */
function creationTime(date: number | undefined): string | undefined {
  if (date === undefined) return undefined;
  const ms = date > 1e11 ? date : date * 1000;
  return ms <= 8.64e15 ? new Date(ms).toISOString().replace('T', ' ').replace('.000Z', ' UTC') : undefined;
}
